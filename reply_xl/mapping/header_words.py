"""The vocabulary of column headers: words of eight languages, and which words together mean which field. Data only.

Everything is folded as `headers.words_of` folds: lower case, no accents, `ß` as `ss`, `ł` as `l`. A header means a field only if *every*
word of it is accounted for: `Email status` means nothing because nobody says here what `status` is. That is what keeps decoys out, so a
word is better missing here than loosely placed.
"""

from __future__ import annotations

WORDS: dict[str, str] = {
    # what a column can be about
    "EMAIL": "email, mail, courriel, correo, correo electronico, correo e, correio eletronico, correio electronico, posta elettronica, "
    "adresse messagerie, adresse electronique, poczta elektroniczna, adres poczty elektronicznej, mailowy",
    "EMAIL ID": "email id, mail id",
    "EMAILS": "emails",
    "PHONE": "phone, phones, telephone, tel, telefon, telefono, telefone, telefoon, telefonu, tlf, "
    "telf, tfno, fon, fone, rufnummer, phone no, telephone no, tel no, phone nr, telefonnr, telefoonnr, no telephone, n telephone, no telefono, "
    "n telefono, no telefone, n telefone, no tel, n tel, numero telefonico, recapito telefonico, daytime phone, day phone",
    "PHONES": "phone numbers, telephone numbers, telefonnummern, numeros telephone, numeros telefono, numeros telefone",
    "MOBILE": "mobile, mobil, mobiles, cell, cellular, cellphone, handy, natel, portable, movil, celular, telemovel, telemovil, cellulare, gsm, "
    "mobiel, mobiele, komorkowy, komorka, komorki, komorkowego, komorkowe, kom, mobile no, cell no, cel, mobilfunk, mobilnr, handynr, handphone, "
    "no movil, n movil, no celular, n celular, no mobile, n mobile, no portable, n portable",
    "WHATSAPP": "whatsapp, whats app",
    "PERSON NUMBER": "contact no",
    "DIRECT": "direct, directe, directo, direto, diretto, bezposredni, ddi",
    "DIRECT PHONE": "direct dial, direct line, ligne directe, linea directa, linha direta, linea diretta, durchwahl, doorkiesnummer, did number",
    "LANDLINE": "fixe, fijo, fixo, fisso, fissa, stacjonarny, vast, vaste",
    "LANDLINE PHONE": "landline, festnetz, vaste lijn",
    "SMS": "sms",
    "FIRSTNAME": "firstname, fname, forename, vorname, prenom, nombre pila, primer nombre, primeiro nome, nome proprio, nome battesimo, voornaam, "
    "imie, imiona",
    "LASTNAME": "lastname, lname, surname, nachname, familienname, zuname, nom famille, apellido, apellidos, apellido paterno, primer apellido, sobrenome, "
    "ultimo nome, cognome, achternaam, familienaam, nazwisko",
    "FIRST": "first, given",
    "LAST": "last, family",
    "NAME": "name, naam, nazwa, nazwy, namen",
    "NOM": "nom",
    "NOMBRE": "nombre, nombres",
    "NOME": "nome",
    "APELIDO": "apelido",
    "TITLE": "title, titel, titre, titolo, titulo, tytul",
    "JOB": "job, beruflicher",
    "JOBTITLE": "position, posicion, posicao, posizione, puesto, cargo, stanowisko, functie, functietitel, fonction, funktion, funcao, poste, "
    "berufsbezeichnung, jobbezeichnung, titre professionnel, stellenbezeichnung, intitule poste, mansione, qualifica, ruolo, designation, funktiebenaming, jobtitle, poste occupe, "
    "cargo en empresa",
    "ROLE": "role, rolle",
    "COMPANY": "company, organization, organisation, org, organizacion, organizacao, organizzazione, organisatie, organizacja, organizacji, firm, "
    "firma, firmen, firmy, unternehmen, unternehmens, entreprise, societe, compagnie, empresa, compania, companhia, azienda, societa, ditta, "
    "impresa, bedrijf, bedrijfs, employer, arbeitgeber, employeur, empleador, empregador, werkgever, pracodawca, przedsiebiorstwo, przedsiebiorstwa, spolka, "
    "business name, raison sociale, razon social, razao social, ragione sociale",
    "INSTITUTION": "institution, institucion, instituicao, organisme, etablissement, entidad, entidade, ente, instytucja, instytucji, instelling, "
    "einrichtung, affiliation",
    "TRADENAME": "nombre comercial, nome fantasia, nom commercial, nome commerciale, denominazione",
    "CORPORATE": "corporativo, corporativa, aziendale, empresarial, institucional, istituzionale, institutionnel, firmowy, firmowa",
    "ACCOUNT": "account",
    "ASSOCIATED": "associated, zugeordnetes, zugeordnete, associee, asociada, associada, associata, gekoppeld, powiazana",
    "INDUSTRY": "industry, main industry, industry type, industry vertical, business sector, industriezweig, wirtschaftszweig, rubro, area atuacao, "
    "categoria merceologica, branche, industrie, industria, secteur, sector, settore, sektor, branza, bedrijfstak, ramo, setor atividade, settore merceologico, "
    "setor industria",
    "ACTIVITY": "activite, activites, actividad, atividade, attivita",
    "CITY": "city, town, locality, stadt, wohnort, ville, localite, commune, ciudad, localidad, poblacion, municipio, cidade, localidade, citta, localita, "
    "comune, stad, plaats, vestigingsplaats, woonplaats, miasto, miejscowosc",
    "ORT": "ort",
    "STATE": "state, province, stateorprovince, bundesland, kanton, canton, provincia, provincie, provinz, wojewodztwo, uf, prov, dep region, comunidad autonoma",
    "ESTADO": "estado, etat",
    "REGION": "region, regio, regione, regiao, regionu",
    "COUNTRY": "country, country territory, country residence, pays residence, pais residencia, land, pays, pais, paese, nazione, kraj",
    "ZIP": "zip, zipcode, plz, postleitzahl, postal code, postcode, code postal, codigo postal, cep, cap, kod pocztowy, zip code",
    "TIMEZONE": "time zone, timezone, tz, zeitzone, fuseau horaire, zona horaria, huso horario, fuso horario, fuso orario, tijdzone, strefa czasowa",
    "NOTES": "notes, note, notiz, notizen, bemerkung, bemerkungen, anmerkung, anmerkungen, kommentar, kommentare, comment, comments, remarks, "
    "remarque, remarques, commentaire, commentaires, notas, nota, anotacoes, observaciones, comentarios, observacoes, annotazioni, appunti, "
    "notities, opmerkingen, opmerking, notatki, uwagi, komentarz, komentarze, remark, memo, obs, "
    "observations, osservazioni, internal notes, additional notes, interne notiz, interne notizen, notes internes, notas internas",
    "DESCRIPTION": "description",
    "CC": "cc",
    "EMPLOYEES": "employees, no employees, no empleados, no funcionarios, n funcionarios, n colaboradores, no colaboradores, n dipendenti, no dipendenti, n empleados, headcount, beschaftigte, employes, effectif, effectifs, empleados, funcionarios, empregados, dipendenti, addetti, "
    "medewerkers, werknemers, pracownicy, pracownikow, zatrudnionych, total employees, numero trabajadores, no trabajadores, n trabajadores",
    "STAFF": "employee, staff, mitarbeiter, mitarbeitende, mitarbeitenden, mitarbeitern, salaries, collaborateurs, colaboradores, trabajadores, "
    "collaboratori, zatrudnienie",
    "SIZE": "size, grosse, groesse, taille, tamano, tamanho, porte, dimensione, dimensioni, grootte, omvang, wielkosc, rozmiar",
    "COUNT": "count, anzahl, zahl, nb, nbre, aantal, liczba, ilosc, quantidade, cantidad",
    "NUMBER": "number, nr, num, nummer, numero, numer",
    "RANGE": "range, bereich, plage, tranche, rango, intervalo, faixa, fascia, bracket, band",
    "LINKEDIN": "linkedin",
    "LINKEDIN PROFILE": "li profile, li profil, li url",
    "PAGE": "page, seite, pagina",
    "SALES": "sales navigator, sales nav, salesnavigator, salesnav",
    "RECRUITER": "recruiter",
    "URL": "url, link, lien, enlace, adresse url",
    "PROFILE": "profile, profil, perfil, profilo, profiel, profilu",
    "WEBSITE": "website, webseite, web, homepage, www, site web, sitio web, pagina web, sito web, web page, strona www",
    "OPTOUT": "opt out, optout, opted out, unsubscribed, has opted out, has opted out email, hasoptedoutofemail, opted out email, email opt out, "
    "is unsubscribed, opted out all emails, unsubscribed from all, unsubscribed from email, unsubscribed from emails, unsubscribed from all email, unsubscribed from all emails, do not email, abgemeldet, ausgetragen, abbestellt, "
    "desabonne, desinscrit, desinscrite, desabonnee, dado baja, suscripcion cancelada, cancelo suscripcion, descadastrado, inscricao cancelada, "
    "cancelou inscricao, cancelou subscricao, cancelou a subscricao, cancelou a inscricao, subscricao cancelada, disiscritto, iscrizione annullata, uitgeschreven, afgemeld, wypisany, wypisano",
    # what qualifies it
    "PERSON": "person, persons, people, contact, contacts, kontakt, kontakts, kontakte, kontaktu, kontaktowy, kontaktperson, ansprechpartner, "
    "prospect, prospects, individual, contacto, contatto, contato, contactpersoon, osoba, osoby, prospecto, persona, personne, pessoa, attendee, invitee, referente, "
    "participant, registrant, delegate, visitor, besucher, dirigeant, interlocuteur, decideur, candidate, teilnehmer",
    "LEAD": "lead, leads",
    "WORK": "work, business, geschaft, geschaeft, prof, arbeit, arbeits, professional, professionnel, professionnelle, pro, geschaftlich, geschaeftlich, geschaftliche, geschaftlicher, "
    "geschafts, dienstlich, dienstliche, beruflich, berufliche, buro, bureau, trabajo, laboral, profesional, trabalho, comercial, profissional, "
    "lavoro, lavorativo, lavorativa, professionale, werk, zakelijk, zakelijke, praca, pracy, sluzbowy, sluzbowa, sluzbowe, sluzbowego",
    "UFF": "ufficio, uff",
    "OFFICE": "office, oficina, escritorio",
    "PHONE WORK": "telefon g, tel g",
    "PHONE HOME": "telefon p, tel p",
    "HOME": "home, personal, private, privat, privater, personnel, personnelle, perso, domicile, particular, personale, privato, privata, casa, "
    "pessoal, residencial, prive, thuis, prywatny, prywatna, prywatne, domowy",
    "PRIMARY": "primary, primare, primarer, principal, principale, haupt, hoofd, glowny, podstawowy, primario, primaria, primaire, preferred",
    "MAILING": "mailing",
    "MAIN": "main",
    "LOCATION": "location",
    "RECOMMENDED": "recommended, best",
    "CURRENT": "current, aktuell, aktuelle, aktueller, aktuelles, actuel, actuelle, actual, atual, attuale, huidig, huidige, obecny, obecna",
    "DEFAULT": "default",
    "PUBLIC": "public",
    "ADDRESS": "address, adresse, direccion, endereco, morada, indirizzo, adres, adresu",
    "VALUE": "value, wert, valeur, valor, valore, waarde, wartosc",
    "ESTIMATE": "estimate, estimated, est, approximate, approx, estimado, estimados, stimati",
    "SECOND": "second, secondary, zweites, zweite, alternative, alternate, alt, secundario, secundaria, secondaire, secondario, secondaria, "
    "alternativo, alternativa",
}

PARTICLES = "the of de del della dello dell degli di da do dos das du des d l la le les el los der die dem den von vom van het een op w o or oder ou s im em nel nella dans chez binnen"
"""Words that carry nothing. None of them joins two things: `Vor- und Nachname` holds two fields, and so none."""

QUESTIONS = (
    r"(what s|whats|what is|please enter|please provide|enter|provide)? ?(your|the)",
    r"(wie lautet|wie ist|was ist)? ?(ihre?|deine?|dein)",
    r"(quel|quelle) est (votre|ton|ta)|votre",
    r"cual es (su|tu)|su|tu",
    r"qual (e )?(o |a )?(seu|sua|teu|tua)|seu|sua",
    r"qual e (il|la) (tuo|tua|suo|sua)|(il|la) (tuo|tua)",
    r"wat is (je|jouw|uw)|jouw|uw",
    r"(jaki|jakie|jaka) jest (twoj|twoje|twoja)|podaj( swoj| swoje)?|twoj|twoje|twoja",
)
"""How a form begins a question whose rest names a field. `is` alone does not: `isCompany` is a flag."""
ASKED = {
    "number employees": (
        r"how many employees (does|do) (your (company|organi[sz]ation)|you) have",
        r"how many (employees|people) (work (at|in|for)|are (at|in)) your (company|organi[sz]ation)",
        r"wie viele (mitarbeiter|beschaftigte|mitarbeitende)(innen)? (hat|beschaftigt) (ihr|dein|euer)e? (unternehmen|firma)",
        r"combien de? (salaries|employes|collaborateurs) (compte|a|y a t il dans) votre (entreprise|societe)",
        r"cuantos empleados tiene (su|tu) empresa",
        r"quantos (funcionarios|colaboradores) (tem a|a) (sua )?empresa( tem)?",
        r"quanti dipendenti ha la (sua|tua|vostra) azienda",
        r"hoeveel (medewerkers|werknemers) heeft (je|jouw|uw) (bedrijf|organisatie)",
        r"ilu pracownikow (zatrudnia|ma) (twoja|panstwa) firma",
    ),
    "company": (
        r"(which|what) (company|organi[sz]ation) do you work (for|at)",
        r"(in|fur|bei) (welchem|welches|welcher) (unternehmen|firma) (arbeiten sie|arbeitest du)",
        r"(dans|pour) quelle (entreprise|societe) travaillez vous",
        r"en que empresa trabaja(s)?",
        r"em que empresa trabalha",
        r"in quale azienda lavora",
        r"bij welk bedrijf werk(t)? (je|u)",
        r"w jakiej firmie pracujesz",
    ),
}
"""Whole questions of a form → the words of the field that they ask for."""
PERSONAL = "first, last, given, family, firstname, lastname, surname, full, job, title, email, linkedin, mobile, phone, direct, cell, city, country"
"""Behind `Employee` these are somebody's own; anything else counts or sorts employees."""
REMARKS = "required, optional, mandatory, pflichtfeld, obligatoire, facultatif, obligatorio, obrigatorio, obbligatorio, verplicht, wymagane, adressattyp, naturl"
"""What a form adds to a name."""

# field: words that must all be there / words that may be there besides: rank, what the values must show (see `headers.Need`), numbers
# The lower rank wins where two columns want one field; the ranks of the catalogue's own names are 0 to 9.
RULES = """
email: EMAIL / ADDRESS VALUE : 3 : : 0 1
email: EMAIL WORK / ADDRESS VALUE : 4 : : 0 1
email: EMAIL CORPORATE / ADDRESS : 4 : : 0
email: EMAIL UFF / ADDRESS : 4 : : 0
email: EMAIL PRIMARY / ADDRESS WORK : 5 : : 0 1
email: EMAIL MAIN / ADDRESS : 6 : : 0
email: EMAIL ID / : 11 : : 0
email: EMAIL RECOMMENDED / ADDRESS WORK : 7 : : 0
email: EMAILS / WORK : 9 : : 0
email: EMAIL HOME / ADDRESS : 20 : alone : 0 1
firstName: FIRSTNAME / : 3 : : 0
firstName: FIRST NAME / : 3 : : 0
firstName: FIRST NAME PRIMARY / : 8 : : 0
firstName: NOMBRE / : 20 : last : 0
firstName: FIRST / : 21 : pair : 0
firstName: NOME / : 20 : last : 0
lastName: LASTNAME / : 3 : : 0
lastName: LASTNAME / : 4 : : 1
lastName: LAST / : 21 : pair : 0
lastName: LAST NAME / : 3 : : 0
lastName: LAST NAME PRIMARY / : 8 : : 0
lastName: APELIDO / : 20 : first : 0
lastName: NOM / : 20 : first : 0
firstName: NAME / : 25 : name : 0
title: JOBTITLE / JOB CURRENT WORK ROLE : 3 : : 0
title: JOB TITLE / CURRENT ROLE LINKEDIN : 3 : : 0
title: JOB CURRENT / : 4 : : 0
title: TITLE JOBTITLE / CURRENT : 3 : : 0
title: TITLE CURRENT / : 3 : : 0
title: TITLE WORK / CURRENT : 5 : : 0
title: JOBTITLE COMPANY / CURRENT JOB : 8 : : 0
title: TITLE COMPANY / : 90 : organization : 0 1
title: JOB / : 80 : job : 0
title: TITLE / : 101 : job : 0
company: COMPANY / NAME CURRENT NOM NOMBRE NOME DEFAULT : 3 : : 0 1
company: COMPANY ACCOUNT / NAME : 5 : : 0
company: ACCOUNT NAME / : 6 : : 0
company: COMPANY PRIMARY / NAME : 7 : : 0
company: COMPANY ASSOCIATED / NAME PRIMARY : 8 : : 0
company: COMPANY INSTITUTION / NAME : 5 : : 0
company: INSTITUTION / NAME : 12 : : 0
company: TRADENAME / COMPANY : 14 : : 0
company: COMPANY ADDRESS DEFAULT / : 15 : : 0
industry: INDUSTRY / PRIMARY ACTIVITY CURRENT NAME : 3 : : 0
industry: INDUSTRY COMPANY / PRIMARY ACTIVITY CURRENT : 4 : : 0
industry: INDUSTRY LINKEDIN / COMPANY : 6 : : 0
city: CITY / ADDRESS NAME WORK UFF MAILING PRIMARY CURRENT MAIN LOCATION ORT DEFAULT : 3 : : 0 1
city: CITY EMAIL ADDRESS / : 5 : : 0
city: ORT WORK / ADDRESS : 3 : : 0
city: ORT / : 20 : zip : 0
state: STATE / ADDRESS REGION WORK UFF MAILING ESTADO PRIMARY NAME CURRENT MAIN LOCATION DEFAULT : 3 : : 0 1
state: STATE EMAIL ADDRESS / : 5 : : 0
state: REGION / ADDRESS WORK UFF ESTADO NAME : 4 : : 0 1
state: ESTADO WORK / ADDRESS : 3 : : 0
state: ESTADO UFF / ADDRESS : 3 : : 0
state: ESTADO ADDRESS / PRIMARY : 4 : : 0
state: ESTADO / : 20 : place : 0
country: COUNTRY / ADDRESS REGION WORK UFF MAILING NAME PRIMARY CURRENT MAIN LOCATION DEFAULT : 3 : : 0 1
country: COUNTRY EMAIL ADDRESS / : 5 : : 0
country: CC / : 30 : beside : 0
timeZoneId: TIMEZONE / : 3 : : 0
notes: NOTES / : 3 : : 0
notes: DESCRIPTION / : 60 : beside : 0
phone: PHONE / NUMBER VALUE WHATSAPP : 3 : : 0
phone: PHONE WORK / NUMBER : 4 : : 0 1
phone: PHONE WORK DIRECT / NUMBER : 5 : : 0 1
phone: PHONE UFF / NUMBER : 5 : : 0 1
phone: PHONE DIRECT / NUMBER : 6 : : 0 1
phone: PHONE / NUMBER VALUE : 7 : : 1
phone: PHONE LANDLINE / NUMBER WORK : 8 : : 0 1
phone: PHONE OFFICE / NUMBER DIRECT : 8 : : 0 1
phone: PHONE PRIMARY / NUMBER : 9 : : 0
phone: PHONE RECOMMENDED / NUMBER : 9 : : 0
phone: PHONES / WORK : 10 : : 0
phone: OFFICE NUMBER / : 22 : phone : 0
phone: LANDLINE NUMBER / : 8 : : 0 1
phone: NUMBER / : 21 : phone : 0
phone: DIRECT / NUMBER : 22 : phone : 0
phone: WORK NUMBER / : 22 : phone : 0
phone: LANDLINE / NUMBER : 23 : phone : 0
phone: UFF / : 24 : phone : 0
phone: WORK / : 24 : phone : 0
phone2: MOBILE / PHONE NUMBER VALUE WHATSAPP : 5 : : 0 1
phone2: MOBILE DIRECT / PHONE NUMBER WORK : 6 : : 0 1
phone2: MOBILE WORK / PHONE NUMBER : 6 : : 0 1
phone2: MOBILE CORPORATE / PHONE NUMBER : 6 : : 0
phone2: PHONE / NUMBER VALUE : 20 : : 2
phone2: PHONE WORK / NUMBER : 21 : : 2
phone2: PHONE UFF / NUMBER : 21 : : 2
phone2: SMS / NUMBER : 22 : phone : 0
companySize: EMPLOYEES / NUMBER COUNT NOMBRE ESTIMATE : 3 : : 0
companySize: EMPLOYEES COMPANY / NUMBER COUNT NOMBRE ESTIMATE : 4 : : 0
companySize: STAFF COUNT / COMPANY : 4 : : 0
companySize: STAFF NOMBRE / COMPANY : 4 : : 0
companySize: SIZE COMPANY / RANGE : 4 : : 0
companySize: STAFF SIZE / COMPANY RANGE : 5 : : 0
companySize: EMPLOYEES SIZE / COMPANY RANGE : 5 : : 0
companySize: EMPLOYEES RANGE / COMPANY NUMBER COUNT : 6 : : 0
companySize: STAFF RANGE / COMPANY COUNT : 6 : : 0
companySize: STAFF / NUMBER COMPANY : 20 : size : 0
companySize: SIZE / RANGE : 21 : range : 0
linkedInUrl: DEFAULT PROFILE URL / : 3 : : 0
linkedInUrl: LINKEDIN / PROFILE URL ADDRESS HOME PUBLIC DEFAULT : 4 : : 0
linkedInUrl: PROFILE PUBLIC / URL : 20 : profile : 0
linkedInUrl: PROFILE / URL : 21 : profile : 0
linkedInUrl: URL / : 22 : profile : 0
linkedInUrl: LINKEDIN PAGE / PROFILE URL : 24 : profile : 0
linkedInUrl: WEBSITE / URL VALUE WORK HOME : 23 : profile : 0 1
linkedInSalesNavigatorUrl: SALES / LINKEDIN URL PROFILE : 4 : : 0
linkedInRecruiterUrl: RECRUITER LINKEDIN / URL PROFILE : 4 : : 0
linkedInRecruiterUrl: RECRUITER URL / PROFILE : 4 : : 0
isOptedOut: OPTOUT / : 4 : flag : 0
"""

REPLYS_GRID = "inboxcategory pendingapproval lisalesnavigator"
"""Labels of the list of contacts in the app that no other tool writes, folded."""
BESIDE = {
    "cc": r"leid|euid|optin (time|ip)|member rating",
    "description": r"lead ?source|salutation|(mailing|primary address) street|assigned user id|converted .*|lead status|modified user id",
}
"""A header that says what it is only beside another: the country code of Mailchimp, and what a CRM's record says of a person."""
EXAMPLE = r"\((e\.? ?g|z\.? ?b|p\.? ?ex|p\.? ?ej|ej|por ejemplo|bijv|np|iso|format|please|bitte)\b[^()]*\)"
"""What a form's template says in brackets about how to fill a column."""
ADDRESS_BOOK = r"(.* )?(fax|telefax|pager)|email [23] address|(business|home) phone 2"
"""What address books hold and Reply does not: beside them a bare `id` is theirs."""
OWN_FIELD = r"\s*(?:(?:lead|contact|person|prospect|deal)[_ .])?custom(?:[_ ]?fields?)?[._]\s*(?=\w)"
"""How an export begins the name of a field that its users have made."""

CORRECTABLE = (
    "company, country, industry, position, province, linkedin, profile, number, mobile, telephone, employees, organization, organisation, surname, "
    "timezone, firstname, lastname, jobtitle, companyname, phonenumber, mobilephone, forename, headcount, first, phone, title, "
    "vorname, nachname, telefon, mobiltelefon, unternehmen, telefonnummer, "
    "prenom, entreprise, fonction, apellidos, empresa, ciudad, telefono, sobrenome, cidade, telefone, cognome, azienda, cellulare, "
    "voornaam, achternaam, bedrijf, telefoon, functie, nazwisko, stanowisko"
)
"""Words that are recognised with one letter off."""
OTHER_WORDS = (
    "contract contracts county counties count branch branches function functions partition society statute pronom compact companion "
    "industrial professional provincial mobility profit profits tittle phones titles phony numbers firstly"
)
"""Words of their own that are one letter away from one of ours."""

NOT_THE_PERSONS = (
    "account deal deals opportunity owner manager previous past other secondary billing shipping parent assistant spouse referrer partner "
    "buyer vendor supplier company former sender user"
)
"""A prefix of all headers is not taken off if it says that the columns are somebody else's."""

SOMEBODY_ELSES = (
    r"comercial\b(?=.)|.*\b(del|do|du|de la|da|della) (comercial|commercial|profesional|profissional|professionnel|professionale)\b"
)
"""Where a word that else means the work means a person: `Correo comercial` is an address at work, `Correo del comercial` the salesperson's."""

COULD_BE_DATA = (
    "landline festnetz handy mobil mobiel movil celular cellulare portable gsm natel cell cellular correo mail courriel cargo land sector industrie industria "
    "branche telefon telefono telefone telefoon tel organisation organizacion comment porte stad stadt ville miasto plaats"
)
"""Recognised headers that are also ordinary values: a kind of phone, a source of leads, a surname, an industry, a company."""

SIGNS = (
    r"record id|lifecycle( .*)?|lead status|lead score|contact owner|owner ?id|do not call|email status|email (source|type|confidence|bounced)",
    r"(create|created|add|added|modified|last modified|changed|last changed|update|updated|last activity|last contacted) (date|time|on|by|at)",
    r"(date|time) (created|added|modified)|created|modified|updated|added|last (activity|contacted|seen|changed)|tags|labels|list name",
    r"deals?|associated .*|opt ?in|opt ?in (time|ip|date)|double opt ?in|subscribed|campaign( .*)?|score|member rating|subsidiary.*",
    r"(sales|record|account|company|lead|deal|opportunity) owner|subscription (status|types?)|account name|converted .*|is (deleted|converted|premium)|system modstamp|timestamp|query",
    r"(zoominfo|apollo|hubspot|salesforce|pipedrive|zoho|lusha|cognism|kaspr|snov|hunter|mailchimp|brevo|outreach|salesloft|copper|crm|sfdc) .*",
    r".+ ids?|ids? .+|euid|leid|vmid|guid|uuid|urn",
)
"""Headers that another system writes and Reply does not: beside them `id`, `Account ID` or `Created at` are that system's."""
