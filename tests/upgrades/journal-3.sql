CREATE TABLE agreement (header TEXT PRIMARY KEY, field TEXT NOT NULL, send TEXT NOT NULL, instead TEXT, at TEXT NOT NULL);
CREATE TABLE base (
  sheet INTEGER NOT NULL, contact INTEGER NOT NULL, held TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (sheet, contact)
) WITHOUT ROWID;
INSERT INTO "base" VALUES(1,2147000001,'{"title": "CTO", "city": "Bern"}','2026-11-23T07:55:08+00:00');
INSERT INTO "base" VALUES(1,2147000002,'{"city": "", "title": "CEO"}','2026-11-23T07:55:08+00:00');
CREATE TABLE base_page (
  sheet INTEGER NOT NULL, page INTEGER NOT NULL, contacts INTEGER NOT NULL, held TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (sheet, page)
);
CREATE TABLE last_sent (place TEXT, contact INTEGER, field TEXT, digest TEXT, PRIMARY KEY (place, contact, field));
INSERT INTO "last_sent" VALUES('@URL@ @INSTANCE@',2147000001,'phone2','66a0cd68b5e90f0a7729d4375c53d838');
CREATE TABLE patch (
  run INTEGER NOT NULL, contact INTEGER NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, changes TEXT NOT NULL,
  PRIMARY KEY (run, contact)
) WITHOUT ROWID;
INSERT INTO "patch" VALUES(1,2147000001,'p0@example.com','First0 Last0','','[["title", "Old", "CTO", false], ["phone2", null, "+1 415 555 0101", false], ["city", "", "Bern", true]]');
INSERT INTO "patch" VALUES(1,2147000002,'p1@example.com','First1 Last1','','[["title", "Old", "CEO", false], ["city", "", "Bonn", true]]');
CREATE TABLE row (
  run INTEGER NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, look TEXT NOT NULL, contact INTEGER, word TEXT, message TEXT,
  status INTEGER, at TEXT, more TEXT, delivered INTEGER NOT NULL DEFAULT 0, replaced INTEGER, PRIMARY KEY (run, number)
) WITHOUT ROWID;
INSERT INTO "row" VALUES(1,4,'id:2147000001','347147860564147f8d3a0272',2147000001,'updated','Updated Title, Second phone and City. Second phone cannot be verified, because Reply never shows it.',200,'2026-11-23T07:55:08','{"sent": true, "not_stored": [], "held_back": [], "by_email": false, "filled": {"id": 2147000001, "domain": "example.com", "phoneStatus": "notValidated", "addingDate": "2026-11-23T07:55:06+00:00", "createdAt": "2026-11-23T07:55:06", "lastModifiedAt": "2026-11-23T07:55:08", "sequences": "", "lists": ""}}',1,NULL);
INSERT INTO "row" VALUES(1,5,'id:2147000001','85b422b2e45d61f687384ed5',2147000001,'updated','Updated Title, Second phone and City. Second phone cannot be verified, because Reply never shows it.',200,'2026-11-23T07:55:08','{"sent": true, "not_stored": [], "held_back": [], "by_email": false, "filled": {"id": 2147000001, "domain": "example.com", "phoneStatus": "notValidated", "addingDate": "2026-11-23T07:55:06+00:00", "createdAt": "2026-11-23T07:55:06", "lastModifiedAt": "2026-11-23T07:55:08", "sequences": "", "lists": ""}}',1,NULL);
INSERT INTO "row" VALUES(1,6,'id:2147000001','7e46218c06762fe71dcd61cc',2147000001,'updated','Updated Title, Second phone and City. Second phone cannot be verified, because Reply never shows it.',200,'2026-11-23T07:55:08','{"sent": true, "not_stored": [], "held_back": [], "by_email": false, "filled": {"id": 2147000001, "domain": "example.com", "phoneStatus": "notValidated", "addingDate": "2026-11-23T07:55:06+00:00", "createdAt": "2026-11-23T07:55:06", "lastModifiedAt": "2026-11-23T07:55:08", "sequences": "", "lists": ""}}',1,NULL);
INSERT INTO "row" VALUES(1,7,'id:2147000002','3e545d483523694b5d7b391f',2147000002,'updated','Updated Title and City.',200,'2026-11-23T07:55:08','{"sent": true, "not_stored": [], "held_back": [], "by_email": false, "filled": {"id": 2147000002, "domain": "example.com", "phoneStatus": "notValidated", "addingDate": "2026-11-23T07:55:06+00:00", "createdAt": "2026-11-23T07:55:06", "lastModifiedAt": "2026-11-23T07:55:08", "sequences": "", "lists": ""}}',1,NULL);
INSERT INTO "row" VALUES(1,8,'id:2147000002','3b7e5f3e4e10bb9fb791ee05',2147000002,'updated','Updated Title and City.',200,'2026-11-23T07:55:08','{"sent": true, "not_stored": [], "held_back": [], "by_email": false, "filled": {"id": 2147000002, "domain": "example.com", "phoneStatus": "notValidated", "addingDate": "2026-11-23T07:55:06+00:00", "createdAt": "2026-11-23T07:55:06", "lastModifiedAt": "2026-11-23T07:55:08", "sequences": "", "lists": ""}}',1,NULL);
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, of INTEGER, started TEXT NOT NULL, ended TEXT,
  base_url TEXT NOT NULL, instance TEXT NOT NULL, user INTEGER, username TEXT NOT NULL, team INTEGER,
  book TEXT NOT NULL, results TEXT NOT NULL, sheet TEXT NOT NULL, header_row INTEGER NOT NULL, headers TEXT NOT NULL, targets TEXT NOT NULL,
  policy TEXT NOT NULL, keeps_ids INTEGER NOT NULL
, beside TEXT);
INSERT INTO "run" VALUES(1,'plan',NULL,'2026-11-23T07:55:08+00:00','2026-11-23T07:55:08+00:00','@URL@','@INSTANCE@',500176,'Nora Vance',70001,'@BOOK@','@BOOK@','Reply preview',3,'["Row", "Contact", "E-mail", "Field", "Now in Reply", "Will become", "Note", "Decision"]','{"id": "Reply ID"}','[null, false, [], "block"]',0,'[["@BOOK@", "@BOOK@", "Contacts", 1, ["Email", "First name", "Title", "Mobile", "Stadt"], {"email": "Email", "firstName": "First name", "title": "Title", "phone2": "Mobile", "city": "Stadt", "id": "Reply ID"}], [[2, "id:2147000001", "7d536af03cbe9554f6523e7f", 2147000001], [3, "id:2147000002", "48b10c37c077f719e7e1b298", 2147000002]], [[2147000002, ["city"]]]]');
CREATE TABLE salt (salt BLOB NOT NULL);
INSERT INTO "salt" VALUES(X'B6692CAF8358F3CF24B4425B263DBE12');
CREATE TABLE sheet (id INTEGER PRIMARY KEY, place TEXT NOT NULL, book TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (place, book, name));
INSERT INTO "sheet" VALUES(1,'@URL@ @INSTANCE@','@BOOK@','Contacts');
CREATE INDEX row_contact ON row (contact);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('run',1);
PRAGMA user_version=3;
