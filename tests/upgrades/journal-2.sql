CREATE TABLE agreement (header TEXT PRIMARY KEY, field TEXT NOT NULL, send TEXT NOT NULL, instead TEXT, at TEXT NOT NULL);
INSERT INTO "agreement" VALUES('stadt','city','yes',NULL,'2026-11-23T07:28:29+00:00');
CREATE TABLE base (
  sheet INTEGER NOT NULL, contact INTEGER NOT NULL, held TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (sheet, contact)
) WITHOUT ROWID;
INSERT INTO "base" VALUES(1,2147000001,'{"title": "CTO", "city": "Bern"}','2026-11-23T07:28:29+00:00');
INSERT INTO "base" VALUES(1,2147000002,'{"title": "CEO", "city": "K\u00f6ln"}','2026-11-23T07:28:29+00:00');
CREATE TABLE base_page (
  sheet INTEGER NOT NULL, page INTEGER NOT NULL, contacts INTEGER NOT NULL, held TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (sheet, page)
);
CREATE TABLE last_sent (place TEXT, contact INTEGER, field TEXT, digest TEXT, PRIMARY KEY (place, contact, field));
INSERT INTO "last_sent" VALUES('@URL@ @INSTANCE@',2147000001,'phone2','a552b134eb4796c4ff5061f00ccf2217');
CREATE TABLE patch (
  run INTEGER NOT NULL, contact INTEGER NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, changes TEXT NOT NULL,
  PRIMARY KEY (run, contact)
) WITHOUT ROWID;
INSERT INTO "patch" VALUES(1,2147000001,'p0@example.com','First0 Last0','','[["title", "Old", "CTO", false], ["phone2", null, "+1 415 555 0101", false], ["city", "", "Bern", true]]');
INSERT INTO "patch" VALUES(1,2147000002,'p1@example.com','First1 Last1','','[["title", "Old", "CEO", false], ["city", "", "K\u00f6ln", true]]');
INSERT INTO "patch" VALUES(2,2147000003,'p2@example.com','First2 Last2','','[["title", "Old", "COO", false]]');
CREATE TABLE row (
  run INTEGER NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, look TEXT NOT NULL, contact INTEGER, word TEXT, message TEXT,
  status INTEGER, at TEXT, more TEXT, delivered INTEGER NOT NULL DEFAULT 0, replaced INTEGER, PRIMARY KEY (run, number)
) WITHOUT ROWID;
INSERT INTO "row" VALUES(1,2,'id:2147000001','7d536af03cbe9554f6523e7f',2147000001,'updated','Updated Title, Second phone and City. Second phone cannot be verified, because Reply never shows it.',200,'2026-11-23T07:28:29','{"sent": true, "not_stored": [], "held_back": [], "by_email": false, "filled": {"id": 2147000001, "domain": "example.com", "phoneStatus": "notValidated", "addingDate": "2026-11-23T07:28:29+00:00", "createdAt": "2026-11-23T07:28:29", "lastModifiedAt": "2026-11-23T07:28:29", "sequences": "", "lists": ""}}',1,NULL);
INSERT INTO "row" VALUES(1,3,'id:2147000002','48b10c37c077f719e7e1b298',2147000002,'updated','Updated Title and City.',200,'2026-11-23T07:28:29','{"sent": true, "not_stored": [], "held_back": [], "by_email": false, "filled": {"id": 2147000002, "domain": "example.com", "phoneStatus": "notValidated", "addingDate": "2026-11-23T07:28:29+00:00", "createdAt": "2026-11-23T07:28:29", "lastModifiedAt": "2026-11-23T07:28:29", "sequences": "", "lists": ""}}',1,NULL);
INSERT INTO "row" VALUES(2,4,'id:2147000003','d39f72bb06f4d9cd06962c5c',2147000003,NULL,NULL,NULL,NULL,NULL,0,NULL);
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, of INTEGER, started TEXT NOT NULL, ended TEXT,
  base_url TEXT NOT NULL, instance TEXT NOT NULL, user INTEGER, username TEXT NOT NULL, team INTEGER,
  book TEXT NOT NULL, results TEXT NOT NULL, sheet TEXT NOT NULL, header_row INTEGER NOT NULL, headers TEXT NOT NULL, targets TEXT NOT NULL,
  policy TEXT NOT NULL, keeps_ids INTEGER NOT NULL
);
INSERT INTO "run" VALUES(1,'push',NULL,'2026-11-23T07:28:29+00:00','2026-11-23T07:28:29+00:00','@URL@','@INSTANCE@',500176,'Nora Vance',70001,'@BOOK@','@BOOK@','Contacts',1,'["Email", "First name", "Title", "Mobile", "Stadt"]','{"email": "Email", "firstName": "First name", "title": "Title", "phone2": "Mobile", "city": "Stadt", "id": "Reply ID"}','[null, false, [], "block"]',0);
INSERT INTO "run" VALUES(2,'push',NULL,'2026-11-23T07:28:29+00:00',NULL,'@URL@','@INSTANCE@',500176,'Nora Vance',70001,'@BOOK@','@BOOK@','Contacts',1,'["Email", "First name", "Title", "Mobile", "Stadt"]','{"email": "Email", "firstName": "First name", "title": "Title", "phone2": "Mobile", "city": "Stadt", "id": "Reply ID"}','[null, false, [], "block"]',0);
CREATE TABLE salt (salt BLOB NOT NULL);
INSERT INTO "salt" VALUES(X'4C51EEDFBFB5E05D74848F46D2CE7D89');
CREATE TABLE sheet (id INTEGER PRIMARY KEY, place TEXT NOT NULL, book TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (place, book, name));
INSERT INTO "sheet" VALUES(1,'@URL@ @INSTANCE@','@BOOK@','Contacts');
CREATE INDEX row_contact ON row (contact);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('run',2);
PRAGMA user_version=2;
