"""Headers by rule: other languages, prefixes, decoys, one letter off. Headers alone; what the values say is in test_evidence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply_xl.fields import BY_NAME
from reply_xl.mapping import header_words
from reply_xl.mapping.columns import is_header, map_columns, unused_notes
from reply_xl.mapping.headers import meaning, meaning_by_rule, without_shared_prefix, words_of
from reply_xl.model import Column, CustomField, Role, Sureness


def mapped(headers: Sequence[str], customs: Sequence[CustomField] = (), **more) -> tuple[Column, ...]:
    return map_columns(headers, customs=customs, **more)


def given_to(headers: Sequence[str], **more) -> list[str | None]:
    return [column.target.name if column.target else None for column in mapped(headers, **more)]


def field_of(header: str) -> str | None:
    return given_to([header])[0]


# --- eight languages -----------------------------------------------------------------------------------------------------------------------

LANGUAGES = """
email: E-Mail-Adresse, E-Mail geschäftlich, Mailadresse, Adresse e-mail, Courriel, Adresse de messagerie, Correo electrónico
email: Dirección de correo electrónico, Correo del trabajo, Endereço de e-mail, Correio eletrónico, E-mail comercial, E-mail corporativo
email: Indirizzo e-mail, Indirizzo posta elettronica, Email aziendale, E-mailadres, Zakelijk e-mailadres, Adres e-mail, E-mail służbowy
firstName: Vorname, Prénom, Primer nombre, Primeiro nome, Nome próprio, Voornaam, Imię, FNAME
lastName: Nachname, Familienname, Nom de famille, Apellidos, Primer apellido, Sobrenome, Último nome, Cognome, Achternaam, Nazwisko, LNAME
title: Berufsbezeichnung, Jobtitel, Funktion, Fonction, Intitulé du poste, Titre du poste, Cargo, Puesto de trabajo, Função, Posizione
title: Ruolo, Functie, Stanowisko, Current job title, Current position
company: Firma, Firmenname, Unternehmen, Unternehmensname, Name der Firma, Arbeitgeber, Entreprise, Société, Nom de l'entreprise
company: Raison sociale, Empresa, Nombre de la empresa, Razón social, Nome da empresa, Azienda, Ragione sociale, Nome azienda, Bedrijf
company: Bedrijfsnaam, Werkgever, Nazwa firmy, Organizacja, Employer, Company / Account, Account Name, Organization 1 - Name
industry: Branche, Industrie, Secteur d'activité, Sector, Settore, Setor de atividade, Bedrijfstak, Branża, Company Industry
city: Stadt, Wohnort, Ort geschäftlich, Ville, Ville (bureau), Ciudad, Ciudad de trabajo, Cidade, Città, Città (uff.), Plaats, Miasto
city: Werkadres (plaats), Cidade do endereço comercial, Adres służbowy - miejscowość, Address 1 - City, Business City, Mailing City
state: Bundesland, Bundesland/Kanton, Provincia, Provincia o estado de trabajo, Estado/Provincia, Región, Région, Regione, Provincie
state: Województwo, State/Region, Dép/Région (bureau), Estado do endereço comercial
country: Land, Land/Region, Land/Region geschäftlich, Pays, Pays/Région (bureau), País, País o región del trabajo, Paese, Nazione, Kraj
timeZoneId: Zeitzone, Fuseau horaire, Zona horaria, Fuso horário, Fuso orario, Tijdzone, Strefa czasowa, TIME_ZONE
notes: Notizen, Bemerkungen, Anmerkungen, Remarques, Commentaires, Notas, Observaciones, Observações, Anotações, Annotazioni, Notities
notes: Opmerkingen, Notatki, Uwagi, Comments
phone: Telefon, Telefonnummer, Telefon-Nr., Telefon geschäftlich, Geschäftstelefon, Durchwahl, Téléphone, Tél., Numéro de téléphone
phone: Téléphone professionnel, Ligne directe, Teléfono, Teléfono del trabajo, Número de teléfono, Telefone, Telefone comercial
phone: Telefono, Telefono (uff.), Telefoon, Telefoonnummer, Telefoon op werk, Telefon służbowy, Numer telefonu, Work Direct Phone
phone2: Handy, Handynummer, Mobiltelefon, Mobilnummer, Portable, Téléphone portable, Tél. mobile, Móvil, Teléfono móvil, Celular
phone2: Telemóvel, Telefone celular, Cellulare, Mobiele telefoon, Mobiel nummer, Telefon komórkowy, Komórka, Cell Phone, Work Mobile
companySize: Mitarbeiterzahl, Anzahl Mitarbeiter, Unternehmensgröße, Firmengröße, Effectif, Nombre d'employés, Nombre de salariés
companySize: Taille de l'entreprise, Número de empleados, Tamaño de la empresa, Nº de funcionários, Tamanho da empresa, Numero di dipendenti
companySize: Dimensione azienda, Aantal medewerkers, Bedrijfsgrootte, Liczba pracowników, Wielkość firmy, Company Headcount, Employee Range
linkedInUrl: LinkedIn-Profil, Profil LinkedIn, Lien LinkedIn, Perfil de LinkedIn, Enlace LinkedIn, Profilo LinkedIn, LinkedIn-profiel
linkedInUrl: LinkedIn Contact Profile URL, linkedin_profile_url, defaultProfileUrl
linkedInSalesNavigatorUrl: Sales Nav URL, Prospect Sales Navigator URL, LinkedIn Sales Navigator Profile
linkedInRecruiterUrl: LinkedIn Recruiter Profile
isOptedOut: Abgemeldet, Désabonné, Dado de baja, Descadastrado, Disiscritto, Uitgeschreven, Wypisany, Email Opt Out, HasOptedOutOfEmail
isOptedOut: Unsubscribed from all email
"""
BY_LANGUAGE = [
    (field, header) for line in LANGUAGES.strip().splitlines() for field, headers in [line.split(": ", 1)] for header in headers.split(", ")
]


@pytest.mark.parametrize(("field", "header"), BY_LANGUAGE)
def test_names_in_eight_languages(field: str, header: str):
    """A name is understood in any case, without its accents and with underscores, and no more than likely."""
    plain = header.replace("é", "e").replace("ó", "o").replace("ł", "l").replace("ß", "ss").replace("ü", "u").replace("ö", "o")
    for text in (header, header.upper(), header.lower(), plain, header.replace(" ", "_"), f" {header}: "):
        (column,) = mapped([text])
        assert (column.role, column.target) == (Role.FIELD, BY_NAME[field]), text
        assert column.sure is (Sureness.CERTAIN if column.target and _is_catalogued(text) else Sureness.LIKELY)


def _is_catalogued(text: str) -> bool:
    from reply_xl.mapping.headers import meaning

    return meaning(text) is not None


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (["Nombre", "Apellidos"], ["firstName", "lastName"]),
        (["Nome", "Cognome"], ["firstName", "lastName"]),
        (["Nome", "Sobrenome", "Apelido"], ["firstName", "lastName", None]),
        (["Nome próprio", "Apelido"], ["firstName", "lastName"]),
        (["Nom", "Prénom"], ["lastName", "firstName"]),
        (["Naam", "Voornaam"], ["lastName", "firstName"]),
        (["Vorname", "Name"], ["firstName", "lastName"]),
        (["Vorname", "Nachname", "Name"], ["firstName", "lastName", None]),
        (["First name", "Name"], ["firstName", None]),
        (["Name", "Surname"], [None, "lastName"]),
        (["Name", "Company"], [None, "company"]),
        (["Nombre"], [None]),
        (["Nom"], [None]),
        (["Nombre de la empresa", "Nombre completo"], ["company", None]),
    ],
)
def test_a_bare_name_is_half_of_one_beside_the_other_half(headers: list[str], fields: list[str | None]):
    """`Nombre`, `Nom`, `Name` are the half of the name that no other column holds; alone they hold all of it and are not used."""
    assert given_to(headers) == fields


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (["PLZ", "Ort"], [None, "city"]),
        (["Ort", "Straße"], [None, None]),
        (["Ort geschäftlich", "Ort"], ["city", None]),
        (["Cidade", "Estado", "País"], ["city", "state", "country"]),
        (["Nombre", "Estado", "Correo"], [None, None, "email"]),
    ],
)
def test_neighbours_tell_what_a_word_means(headers: list[str], fields: list[str | None]):
    """`Ort` is the city beside a postal code, and Outlook's location elsewhere; `Estado` a state beside a city, and a status elsewhere."""
    assert given_to(headers) == fields


# --- spellings -----------------------------------------------------------------------------------------------------------------------------

SPELLINGS = [
    ("first_name", "firstName"),
    ("FirstName", "firstName"),
    ("FIRSTNAME", "firstName"),
    ("c_first_name", "firstName"),
    ("properties.firstname", "firstName"),
    ("contact.email", "email"),
    ("Person - First name", "firstName"),
    ("Person - Person - City", "city"),
    ("Contact City", "city"),
    ("Lead Company", "company"),
    ("Contact Title", "title"),
    ("Name (First)", "firstName"),
    ("Email *", "email"),
    ("E-mail (required)", "email"),
    ("What's your first name?", "firstName"),
    ("Wie lautet Ihre E-Mail-Adresse?", "email"),
    ("Quel est votre prénom ?", "firstName"),
    ("¿Cuál es tu correo electrónico?", "email"),
    ("Qual é o seu e-mail?", "email"),
    ("Phone 1 - Value", "phone"),
    ("Phone 2 - Value", "phone2"),
    ("E-mail 1 - Value", "email"),
    ("Organization 1 - Title", "title"),
    ("_ Employees", "companySize"),
    ("Emails", "email"),
    ("Teilnehmer E-Mail", "email"),
    ("Teilnehmer Vorname", "firstName"),
    ("Zugeordnetes Unternehmen", "company"),
    ("Entreprise associée", "company"),
    ("Jobbezeichnung", "title"),
    ("Titre professionnel", "title"),
    ("Work Phones", "phone"),
    ("Mobile Phones", "phone2"),
    ("primary_contact_first_name", "firstName"),
    ("primary_contact_last_name", "lastName"),
    ("N.º de colaboradores", "companySize"),
    ("Nº de colaboradores", "companySize"),
    ("hs_linkedin_url", "linkedInUrl"),
]


@pytest.mark.parametrize(("header", "field"), SPELLINGS)
def test_spellings_prefixes_and_questions(header: str, field: str):
    """Programs and forms write names their own way: underscores, camel case, prefixes, values of pairs, questions."""
    assert field_of(header) == field


@pytest.mark.parametrize(
    "header", ["Person - ID", "Contact - Account ID", "Lead owner user ID", "c_id", "Person - Call status", "Person - Domain"]
)
def test_what_is_never_taken_from_behind_a_prefix(header: str):
    """No id, and nothing that only Reply has, is Reply's behind another system's prefix."""
    assert field_of(header) is None


def test_a_prefix_that_all_headers_share_is_taken_off():
    """Where every header begins alike, what is left tells the field; a number, an id or an owner does not become Reply's by it."""
    headers = ["tbl_kunden.Vorname", "tbl_kunden.Nachname", "tbl_kunden.E-Mail", "tbl_kunden.ID", "tbl_kunden.Account ID"]
    columns = mapped(headers, values=[["Ann", "Lee", "a@example.com", 5.0, 6.0]])
    assert [column.target.name if column.target else None for column in columns] == ["firstName", "lastName", "email", None, None]
    assert [column.sure for column in columns[:3]] == [Sureness.LIKELY] * 3
    assert given_to(["Contact: Nombre", "Contact: Apellidos", "Contact: Email"]) == ["firstName", "lastName", "email"]


@pytest.mark.parametrize(
    "prefix", ["Company: ", "Company - ", "Account.", "Previous ", "Manager: ", "Billing ", "Unternehmen - ", "Deal - "]
)
def test_a_shared_prefix_that_says_whose_they_are_stays(prefix: str):
    """If every column is the company's, none becomes the person's."""
    headers = [f"{prefix}{name}" for name in ("Phone", "City", "Country", "Email")]
    assert without_shared_prefix(headers) == headers
    assert given_to(headers) == [None] * 4


def test_a_shared_prefix_that_is_part_of_the_names_stays():
    """`Phone 1 - ` and `Phone 2 - ` share a word that tells the field."""
    headers = ["Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Label", "Phone 2 - Value"]
    assert without_shared_prefix(headers) == headers
    assert given_to(headers) == [None, "phone", None, "phone2"]


def test_repeated_headers_are_told_apart_by_their_place():
    """Equal headers are columns of their own: the first gives the field, the others are reported."""
    columns = mapped(["Email", "Notes", "Email", "Notes", "Notes"])
    assert [column.index for column in columns if column.role is Role.FIELD] == [0, 1]
    assert len(unused_notes(columns)) == 3


# --- decoys --------------------------------------------------------------------------------------------------------------------------------

DECOYS = """
Email Status|Email Type|E-Mail-Typ|Email Confidence|Company Name for Emails|Email Domain Name|Emails Sent|Last Email Date|Email Subject
Secondary Email|E-mail 2 Address|E-Mail 2: Adresse|Manager Email|Owner Email|Contact Owner Email|Sender Email|From Email|Support Email
Billing Email|Rechnungs-E-Mail|Login Email|Referrer Email|Company Email|Direct Mail|Mailing List|Mailbox|Mailing Address|Email Verified
Phone 1 - Label|Phone 3 - Value|Phone Type|Phone Extension|Mobile Country Code|Do Not Call|Fax|Work Fax|Fax geschäftlich|Assistant's Phone
Company Phone|Company Main Phone|Corporate Phone|Telefon Firma|Firmentelefon|Teléfono de la empresa|Telefone principal da empresa
Téléphone société|Telefono azienda|Bedrijfstelefoon|Telefon firmy|Home Phone|Telefon (privat)|Car Phone|Autotelefon|Callback|Weiteres Telefon
Company City|Firmenadresse|Ville de l'entreprise|Ciudad de la empresa|Cidade da empresa|Città azienda|Miasto firmy|Plaats bedrijf|HQ City
Home City|Ort privat|Otra ciudad|Billing City|Shipping Country|Geburtsort|Lieferland|Country Code|County|Region Manager|Regional Sales Manager
Country Manager|Office City|Account City|Account Phone|Event City|Company Time Zone
Company Linkedin Url|LinkedInCompany|LinkedIn de l'entreprise|LinkedIn Unternehmen|LinkedIn Headline|LinkedIn ID|Recruiter|Recruiter Email
Profile Image Url|Sales Navigator ID|Company Sales Navigator URL|Facebook URL|Website|URL|Profil|Link
Next appointment date|Call Status Date|Meeting Notes|Job Function|Job Level|Previous Job Title|Page Title|Title Description|Lead Title
Lead - Title|Company Title|Position Number|Beruf|Profession|Role|Prefix|Salutation|Anrede|Civilité|Titel|Titre|Titolo|Título
Record ID|OwnerId|companyId|MasterRecordId|Person - ID|Kundennummer|Employee ID|Employee Number|Mitarbeiternummer|Personalnummer|Salaries
Owner|Contact owner|Lead Owner|Besitzer|Propriétaire du contact|Account Manager|Sales Rep
Allow Marketing|Opt-in|Opted in|Subscribed|Marketing consent|Double opt-in|OPTIN_TIME|Einwilligung|Consentement|Zgoda marketingowa
Opt out reason|Opt Out Date|SMS Opt Out|Fax Opt Out|UNSUB_TIME|Not opted out|Do Not Contact
Phonetic First Name|Middle Name|Maiden Name|Manager First Name|Buyer First Name|Weitere Vornamen|Full Name|Contact Name|Company Contact
Vor- und Nachname|Nombre y apellidos|Nom et prénom|Nome e cognome|Imię i nazwisko|First and Last Name|Nombre de usuario|Nom du contact
Nome utente|Naam contactpersoon|Nazwa kampanii|Product Name|File Name|Nickname
Account|Account Number|Konto|Previous Company|Parent Company|Company ID|Company Domain|Company Description|Is Company|Legal Name
Business Type|Business Model|Geschäftsführer|Sub-Industry|SIC Industry|Industry Hierarchical Category|Deal Size|Team Size|Size|Employees Growth
Correo del comercial|Email del comercial|E-mail do comercial|Email del asistente|E-mail do vendedor|Comercial - Email|Comercial: teléfono
Teléfono del comercial|E-mail de la comercial|Correo del agente|Correo del gestor|E-mail do gestor de conta|Account manager email|Email du commercial
E-Mail Betreuer|Betreuer E-Mail|E-Mail Ansprechpartner intern|Ansprechpartner intern E-Mail|E-Mail Vertriebsmitarbeiter|Email du référent commercial
Email commerciale di riferimento|Email del commerciale|E-mail accountmanager|E-mail van de accountmanager|E-mail handlowca|Handlowiec e-mail
E-mail opiekuna|Opiekun - e-mail|Email del responsable|Teléfono del vendedor|Téléphone du commercial|Telefono del commerciale|Sales owner email
Emails Opened|Emails Count|hs_object_id|hs_email_domain|hs_lead_status|hs_email_hard_bounce_reason|Phones Count|Company Phones
Estado civil|État|Stato|Status|Lead Status|lastState|Estado del lead|Notes Count|Anzahl Anrufe|Nombre d'appels
"""


@pytest.mark.parametrize("header", DECOYS.strip().replace("\n", "|").split("|"))
def test_decoys(header: str):
    """What resembles a field and is none is left alone, behind a prefix too, and is no header that would count as one."""
    for text in (header, header.upper(), f"Person - {header}"):
        assert field_of(text) is None, text


def test_the_words_of_a_header():
    """Words end at punctuation, at `aB` and at digits; E-mail and LinkedIn are one word however they are written."""
    assert words_of("E-Mail 2: Adresse") == ["email", "2", "adresse"]
    assert words_of("linkedInProfileURL") == words_of("Linked-In profile url") == ["linkedin", "profile", "url"]
    assert words_of("Phone2") == ["phone", "2"]
    assert words_of("Größe de l’entreprise") == ["grosse", "de", "l", "entreprise"]
    assert words_of("Imię (służbowe)") == ["imie", "sluzbowe"]


# --- one letter off ------------------------------------------------------------------------------------------------------------------------

TYPOS = [
    ("Frist Name", "firstName"),
    ("Fist Name", "firstName"),
    ("Last Nmae", "lastName"),
    ("Compnay", "company"),
    ("Comapny Name", "company"),
    ("Contry", "country"),
    ("Indsutry", "industry"),
    ("Postion", "title"),
    ("Job Tilte", "title"),
    ("Telehpone", "phone"),
    ("Phone Nubmer", "phone"),
    ("Mobiltelefn", "phone2"),
    ("Unternehmem", "company"),
    ("Entreprisse", "company"),
]


@pytest.mark.parametrize(("header", "field"), TYPOS)
def test_one_letter_off(header: str, field: str):
    """A long word with one letter off is read as meant, and said to be a guess."""
    (column,) = mapped([header])
    assert column.target is BY_NAME[field]
    assert column.sure is Sureness.GUESS
    assert "one letter off" in column.reason


@pytest.mark.parametrize(
    "header",
    [
        "Emial", "E-mial", "Emaill", "Onwer user ID", "Acount ID", "Optd out", "Unsubscribd", "Replyy ID", "Conatct ID", "Abgemldet",
        "County", "Branch", "Function", "Contract Title", "Contract Number", "Company Site", "Company Side", "List Name", "Past Name", "Society",
        "Citty", "Stat", "Phoe", "Compnay Phone", "Compnay City", "Phone 22", "Xompany", "Provincial",
    ],
)  # fmt: skip
def test_one_letter_off_is_not_always_meant(header: str):
    """Never onto a dangerous field, never from a word of its own, a short word or another first letter, and no company's column either."""
    assert field_of(header) is None


def test_a_name_beats_its_misspelling():
    """A column that is named right wins over one with a letter off, wherever they stand."""
    assert given_to(["Compnay", "Firma"]) == [None, "company"]


# --- other systems -------------------------------------------------------------------------------------------------------------------------

FOREIGN = [
    "Sales owner",
    "Account owner",
    "Subscription status",
    "Record ID",
    "Contact owner",
    "Lifecycle Stage",
    "LastModifiedDate",
    "Apollo Contact Id",
    "OPTIN_TIME",
]


@pytest.mark.parametrize("sign", FOREIGN)
@pytest.mark.parametrize(
    "header", ["id", "Contact ID", "Account ID", "accountId", "Owner user ID", "Lists", "Created at", "createdAt", "Domain"]
)
def test_names_that_other_systems_share(header: str, sign: str):
    """Beside a sign of another system an id, an account or a date is that system's, headers alone or with numbers below; the note says how
    to head it if it is Reply's."""
    for values in ((), [[5.0, "x"], [6.0, "y"]]):
        column = mapped([header, sign, "Email"], values=values)[0]
        assert (column.role, column.target) == (Role.UNUSED, None)
        assert "head it “Reply" in column.reason
        assert shown_sign(sign) in column.reason


def shown_sign(sign: str) -> str:
    return f"“{sign}”"


@pytest.mark.parametrize("sign", FOREIGN)
def test_replys_own_names_are_its_own_beside_anything(sign: str):
    """A sheet with a `Reply ID` is Reply's, whatever other columns it has."""
    columns = mapped(["Reply ID", "Account ID", "Created at", "Lists", sign])
    assert [column.role for column in columns[:4]] == [Role.KEY, Role.FIELD, Role.READ_ONLY, Role.READ_ONLY]


def test_a_contact_id_among_columns_about_companies_is_a_guess():
    """Other tools that sell lists write `Contact ID` too: with headers only, it is no more than a guess beside what Reply has no field for."""
    assert mapped(["Contact ID", "First Name", "Company Name", "Company Description"])[0].sure is Sureness.GUESS
    assert mapped(["Contact ID", "First Name", "Company Name"])[0].sure is Sureness.LIKELY
    assert mapped(["Contact ID", "Company Description"], values=[[5.0, "x"]])[0].sure is Sureness.LIKELY


def test_a_custom_field_is_no_sign_of_another_system():
    """A column that Reply knows as a custom field says nothing about the others."""
    stage = CustomField(5, "Lifecycle Stage")
    assert mapped(["Contact ID", "Lifecycle Stage"], [stage])[0].role is Role.KEY
    assert mapped(["Contact ID", "custom: Lifecycle Stage"])[0].role is Role.KEY


# --- competition ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "phone", "phone2"),
    [
        (("Work Direct Phone", "Home Phone", "Mobile Phone", "Corporate Phone", "Other Phone"), 0, 2),
        (("Business Phone", "Business Phone 2", "Mobile Phone", "Primary Phone"), 0, 2),
        (("Business Phone", "Business Phone 2", "Primary Phone"), 0, 1),
        (("Phone", "Direct Phone"), 0, 1),
        (("Work Phone", "Direct dial", "Mobile"), 0, 2),
        (("Phone", "Work Phone", "Mobile"), 0, 2),
        (("Mobile", "Fax"), None, 0),
        (("Telefon (privat)", "Haupttelefon", "Mobiltelefon", "Mobiltelefon 2"), 1, 2),
        (("Phone 1", "Phone 2", "Phone 3"), 0, 1),
        (("Téléphone fixe", "Portable"), 0, 1),
    ],
)
def test_which_phones_are_used(headers: tuple[str, ...], phone: int | None, phone2: int):
    """The plain phone, else the work one, else the direct one, else the main one; a mobile is the second, else a numbered or a direct one.
    Home, company and other phones are never used. In any order of the columns."""
    for order in list(permutations(range(len(headers))))[:24]:
        fields = given_to([headers[place] for place in order])
        assert (fields.index("phone") if "phone" in fields else None) == (None if phone is None else order.index(phone))
        assert fields.index("phone2") == order.index(phone2)


@pytest.mark.parametrize(
    ("headers", "winner"),
    [
        (["Personal Email", "Work Email"], 1),
        (["Person - Email - Home", "Person - Email - Work", "Person - Email - Other"], 1),
        (["E-mail 1 - Value", "E-mail 2 - Value"], 0),
        (["Primary Email", "Email"], 1),
        (["Personal Email", "Name"], 0),
        (["Email Status", "Personal Email"], None),
        (["Recommended Personal Email", "Recommended Work Email"], 1),
    ],
)
def test_which_email_is_used(headers: list[str], winner: int | None):
    """The plain e-mail, else the work one; a private one only where no other column is about e-mail, and then as a guess."""
    fields = given_to(headers)
    assert [place for place, field in enumerate(fields) if field == "email"] == ([] if winner is None else [winner])


def test_the_honorific_beside_a_job_title():
    """`Title` gives way to any other name of the job, in any language, and before the first name it is Mr and Ms."""
    assert given_to(["Title", "First Name", "Funktion"]) == [None, "firstName", "title"]
    assert given_to(["Title", "First Name"]) == [None, "firstName"]
    assert given_to(["First Name", "Title"]) == ["firstName", "title"]
    assert given_to(["Reply ID", "Title", "First name"]) == ["id", "title", "firstName"]


def test_a_custom_field_goes_before_a_rule():
    """A custom field of exactly this title is surer than another language's name; a name of the catalogue is surer still."""
    custom = CustomField(7, "Funktion")
    assert mapped(["Funktion"], [custom])[0].target is custom
    assert mapped(["Position"], [CustomField(8, "Position")])[0].target is BY_NAME["title"]


# --- sureness and reasons ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "sure"),
    [
        ("Email", Sureness.CERTAIN), ("firstName", Sureness.CERTAIN), ("Job title", Sureness.CERTAIN), ("Reply ID", Sureness.CERTAIN),
        ("Contact ID", Sureness.LIKELY), ("Person - Industry", Sureness.LIKELY), ("Telefon", Sureness.LIKELY), ("Compnay", Sureness.GUESS),
        ("Personal Email", Sureness.GUESS),
    ],
)  # fmt: skip
def test_how_sure_it_is(header: str, sure: Sureness):
    """Certain: the catalogue's own names. Likely: by rule. A guess: one letter off, a private e-mail."""
    assert mapped([header])[0].sure is sure


def test_reasons_are_sentences_for_people():
    """Each decision is told in one short sentence without its stop."""
    headers = ["Person - City", "Telefon geschäftlich", "Compnay", "PLZ", "Ort", "Vorname", "Name", "Work Mobile", "Durchwahl"]
    for column in mapped(headers):
        assert 10 < len(column.reason) < 120
        assert column.reason[0].isupper()
        assert not column.reason.endswith(".")


# --- which texts are headers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["Titel", "Vorname", "Nachname", "E-Mail-Adresse", "Prénom", "Empresa", "Apellidos", "Bedrijfsnaam", "Region", "Firma"]
)
def test_headers_in_other_languages_are_headers(text: str):
    """A header row that comes again is recognised in every language."""
    assert is_header(text)


@pytest.mark.parametrize(
    "text",
    [
        "Berlin", "Manager", "Geschäftsführer", "Directeur commercial", "Responsable marketing", "Gerente", "Direttore", "Directeur", "Kierownik",
        "Recruiter", "Handy", "Privat", "Büro", "Ufficio", "Bureau", "Móvil", "Cellulare", "Correo", "Telefon", "Nome", "Land", "Cargo", "Sector", "Industrie",
        "Deutschland", "France", "España", "Polska", "North Rhine-Westphalia", "Île-de-France", "Herr", "Frau", "Mme", "Sra.", "ja", "nein", "oui",
        "Acme GmbH", "Müller & Söhne", "Software", "Finance", "Sales", "Vertrieb", "Marketing", "Active", "Neu", "ann@example.com",
        "+49 30 1234567", "https://www.linkedin.com/in/ann", "11-50", "2024-01-02", "Compnay", "Anna Nowak", "Work", "Home", "Direct", "Name",
    ],
)  # fmt: skip
def test_ordinary_values_are_no_headers(text: str):
    """A value in any language, a job, a kind of phone, a name, a typing error, is not taken for a header row that comes again."""
    assert not is_header(text)


# --- the vocabulary ------------------------------------------------------------------------------------------------------------------------


def test_the_rules_are_whole():
    """Every symbol of a rule has words, every field is one that can be sent, and words are written as they are folded."""
    symbols = {name for names in header_words.WORDS for name in names.split()}
    for line in header_words.RULES.strip().splitlines():
        field, words, _, _, numbers = (part.strip() for part in line.split(":"))
        assert not BY_NAME[field].read_only
        assert set(words.replace("/", " ").split()) <= symbols, line
        assert numbers
    for spellings in header_words.WORDS.values():
        for spelling in spellings.split(", "):
            assert words_of(spelling) == spelling.split(), spelling


def test_no_rule_leads_to_an_owner_or_account_or_id():
    """Nothing but the catalogue's own names leads to an id, an owner or an account."""
    fields = {line.split(":")[0] for line in header_words.RULES.strip().splitlines()}
    assert fields.isdisjoint({"id", "ownerUserId", "accountId", "callStatus", "meetingStatus"})


@given(st.text(max_size=40))
def test_any_text(text: str):
    """Any text means something or nothing, and never fails."""
    found = meaning_by_rule(text)
    assert found is None or found.field in BY_NAME
    assert is_header(text) in (True, False)


@given(st.lists(st.text(max_size=12) | st.sampled_from(["Contact: Email", "Contact: City", "a.b", "a.c", "a.d"]), max_size=6))
def test_any_shared_prefix(texts: list[str]):
    """Without a shared prefix each header is a part of itself."""
    short = without_shared_prefix(texts)
    assert len(short) == len(texts)
    assert all(one in other for one, other in zip(short, texts, strict=True))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Employee First Name", "firstName"),
        ("Employee Email", "email"),
        ("Employee Count", "companySize"),
        ("Employee Status", None),
        ("Mobile Direct Dial", "phone2"),
        ("Landline", "phone"),
        ("MailAddressCity", "city"),
        ("Mail Address", "email"),
        ("How many employees does your company have?", "companySize"),
        ("How many employees work remotely?", None),
        ("Wie viele Mitarbeiter hat Ihr Unternehmen?", "companySize"),
        ("In welchem Unternehmen arbeiten Sie?", "company"),
        ("Which company do you work for?", "company"),
        ("Cancelou a subscrição", "isOptedOut"),
        ("Vorname (Adressattyp natürl. Person)", "firstName"),
        ("F. Name", "firstName"),
        ("L Name", "lastName"),
        ("Apellido 1", "lastName"),
        ("Email ID", "email"),
        ("Main Email", "email"),
        ("Company Email Address", None),
        ("Business Title", "title"),
        ("Job Title / Role", "title"),
        ("linkedinJobTitle", "title"),
        ("Position im Unternehmen", "title"),
        ("Role", None),
        ("Institution", "company"),
        ("Nome Fantasia", "company"),
        ("Default Address Company", "company"),
        ("Location City", "city"),
        ("Main_State", "state"),
        ("Country/Territory", "country"),
        ("land (iso - bijv. nl)", "country"),
        ("Phone (e.g. +49 30 1234)", "phone"),
        ("TelefonG", "phone"),
        ("Tel. P", None),
        ("TelefonGeschaeft", "phone"),
        ("Tel.Prof", "phone"),
        ("N° de téléphone", "phone"),
        ("No phone", None),
        ("telefono_e164", "phone"),
        ("Main Phone", None),
        ("Celular/WhatsApp", "phone2"),
        ("Mobilfunknummer", "phone2"),
        ("telefono_secundario", "phone2"),
        ("Estimated Number of Employees", "companySize"),
        ("Nº trabajadores", "companySize"),
        ("Internal Notes", "notes"),
        ("custom.Contact LinkedIn Profile", "linkedInUrl"),
        ("lead_custom.Contact City", "city"),
        ("lead_custom.Company City", None),
    ],
)
def test_patterns_of_further_tools(header: str, field: str | None):
    """An employee's own name against counts of employees, whole questions of forms, and addresses for the post."""
    found = meaning(header) or meaning_by_rule(header)
    assert (found.field if found else None) == field


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (["First", "Last", "Email"], ["firstName", "lastName", "email"]),
        (["First", "Email"], [None, "email"]),
        (["Email Address", "CC", "REGION", "LEID"], ["email", "country", "state", None]),
        (["Email", "CC"], ["email", None]),
        (["Email", "Country", "CC", "LEID"], ["email", "country", None, None]),
        (["Last Name", "Lead Source", "Description"], ["lastName", None, "notes"]),
        (["Last Name", "Lead Source", "Description", "Notes"], ["lastName", None, None, "notes"]),
        (["Company", "Description"], ["company", None]),
        (["Nombres", "Apellidos"], ["firstName", "lastName"]),
    ],
)
def test_what_a_word_means_beside_another(headers: list[str], fields: list[str | None]):
    """`First` needs a `Last`, Mailchimp's `CC` its other columns, and a bare `Description` those of a CRM."""
    assert given_to(headers) == fields


@pytest.mark.parametrize("header", ["Domain", "domain", "lists", "Sequences", "Created at", "CreatedAt"])
def test_a_word_that_any_list_has_is_replys_only_beside_a_reply_id(header: str):
    """`Domain` and the like are another list's words; beside a Reply ID, or where our results stand with one, they are Reply's."""
    (_, plain) = mapped(["Email", header])
    assert (plain.role, plain.target) == (Role.UNUSED, None)
    assert "head it “Reply " in plain.reason
    assert mapped(["Email", header, "Reply status"])[1].role is Role.UNUSED
    assert mapped(["id", "Email", header], values=[[5.0, "a@b.co", "x"]])[2].role is Role.UNUSED
    for key in ("Reply ID", "Contact ID"):
        assert mapped([key, "Email", header])[2].role is Role.READ_ONLY
    assert mapped(["Email", "createdAt"])[1].role is Role.READ_ONLY, "the field's own name, as only Reply writes it"


def test_our_results_do_not_make_another_systems_account_replys():
    """A second click on an export finds our own columns in it; they say nothing of the others."""
    headers = ["Account ID", "Lifecycle Stage", "Email", "Reply status", "Reply message"]
    assert mapped(headers)[0].target is None
    assert mapped(["Reply ID", *headers])[1].target is BY_NAME["accountId"]


def test_the_reply_id_that_an_update_adds_makes_nothing_else_replys():
    """Behind the results stands the contact's id; the export's own `Contact ID` and `Account ID` are what they were at the first click."""
    export = ["Contact ID", "Email", "Account ID", "Domain", "Lifecycle Stage"]
    first = mapped(export)
    second = mapped([*export, "Reply status", "Reply message", "Reply updated at", "Reply ID"])
    assert [column.target for column in second[: len(export)]] == [column.target for column in first]
    assert second[-1].role is Role.KEY
    assert [column.role for column in second].count(Role.KEY) == 1


@pytest.mark.parametrize("book", ["Business Fax", "Telefax", "Pager", "E-mail 2 Address"])
def test_a_bare_id_in_an_address_book_is_not_replys(book: str):
    """The running number of an address book is a whole number too."""
    assert mapped(["ID", "Email", book], values=[[5.0, "a@b.co", None]])[0].target is None
    assert mapped(["ID", "Email", "Phone"], values=[[5.0, "a@b.co", None]])[0].target is BY_NAME["id"]


def test_marks_are_no_notes_and_other_words_no_call_status():
    """A French `Note` of numbers is a mark, other notes may be numbers; and callers write more into `Call status` than Reply knows."""
    assert mapped(["Email", "Note"], values=[["a@b.co", mark] for mark in ("4,5", "3", "5")])[1].target is None
    assert mapped(["Email", "Note"], values=[["a@b.co", note] for note in ("4,5", "called", "nice")])[1].target is BY_NAME["notes"]
    assert mapped(["Email", "Notes"], values=[["a@b.co", 0.25], ["a@b.co", 7.0], ["a@b.co", "3"]])[1].target is BY_NAME["notes"]
    for values, field in ((("no answer", "voicemail", "busy"), None), (("to call", "Called", "none"), BY_NAME["callStatus"])):
        assert mapped(["Email", "Call status"], values=[["a@b.co", value] for value in values])[1].target is field
