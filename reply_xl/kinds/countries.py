"""Countries by name and code. Pure."""

from __future__ import annotations

from functools import lru_cache

from reply_xl.fields import fold


def country_code(text: str) -> str | None:
    """The two letters of ISO 3166 for what a country cell says, or None: either code of ISO 3166, the English name, a usual other one, or what
    the languages of our users call their larger neighbours."""
    key = _key(text)
    is_word = text.strip().replace(".", "").isalpha()  # n/a is not Namibia
    return _codes().get(key) if is_word or len(key) > 3 else None


def country_name(code: str) -> str:
    """The English name as it stands in a sentence (`the Netherlands`), by the two letters."""
    return _names()[code]


def _key(text: str) -> str:
    folded = fold(text)
    return folded.removeprefix("the") if text.strip().casefold().startswith("the ") else folded


@lru_cache(1)
def _names() -> dict[str, str]:
    return {entry[:2]: entry[7:].split("|")[0] for entry in _TABLE.replace("\n", " ").strip().split("; ")}


@lru_cache(1)
def _codes() -> dict[str, str]:
    codes = {}
    for entry in _TABLE.replace("\n", " ").strip().split("; "):
        for spelling in (entry[:2], entry[3:6], *entry[7:].split("|")):
            codes[_key(spelling)] = entry[:2]
    return codes


# Code of two letters, of three, English name, other names. From ISO 3166 and the Unicode CLDR.
_TABLE = """
AD AND Andorra; AE ARE the United Arab Emirates|UAE; AF AFG Afghanistan; AG ATG Antigua and Barbuda|Antigua & Barbuda; AI AIA Anguilla; AL
ALB Albania; AM ARM Armenia; AO AGO Angola; AQ ATA Antarctica; AR ARG Argentina; AS ASM American Samoa; AT AUT
Austria|Österreich|Oesterreich|Autriche|Oostenrijk; AU AUS Australia; AW ABW Aruba; AX ALA Åland Islands; AZ AZE Azerbaijan; BA BIH Bosnia
and Herzegovina|Bosnia & Herzegovina; BB BRB Barbados; BD BGD Bangladesh; BE BEL Belgium|België|Belgique|Belgien|Bélgica|Belgio|Belgia; BF
BFA Burkina Faso; BG BGR Bulgaria; BH BHR Bahrain; BI BDI Burundi; BJ BEN Benin; BL BLM Saint Barthélemy|St Barthelemy; BM BMU Bermuda; BN
BRN Brunei|Brunei Darussalam; BO BOL Bolivia|Bolivia, Plurinational State of; BQ BES the Caribbean Netherlands|Caribbean NL; BR BRA
Brazil|Brasil|Brasilien|Brésil|Brasile|Brazilië|Brazylia; BS BHS the Bahamas; BT BTN Bhutan; BV BVT Bouvet Island; BW BWA Botswana; BY BLR
Belarus; BZ BLZ Belize; CA CAN Canada|Kanada; CC CCK the Cocos Islands; CD COD the Democratic Republic of the Congo|Congo, The Democratic
Republic of the|DR Congo|DRC; CF CAF the Central African Republic; CG COG the Republic of the Congo|Congo; CH CHE
Switzerland|Schweiz|Suisse|Svizzera|Suiza|Suíça|Zwitserland|Szwajcaria; CI CIV Côte d'Ivoire|Ivory Coast; CK COK the Cook Islands; CL CHL
Chile; CM CMR Cameroon; CN CHN China|People's Republic of China|PRC|Mainland China; CO COL Colombia; CR CRI Costa Rica; CU CUB Cuba; CV
CPV Cape Verde|Cabo Verde; CW CUW Curaçao; CX CXR Christmas Island; CY CYP Cyprus; CZ CZE Czechia|Czech Republic|Česko|Tschechien; DE DEU
Germany|Deutschland|Allemagne|Alemania|Alemanha|Germania|Duitsland|Niemcy|D; DJ DJI Djibouti; DK DNK Denmark|Danmark|Dänemark; DM DMA
Dominica; DO DOM the Dominican Republic; DZ DZA Algeria; EC ECU Ecuador; EE EST Estonia; EG EGY Egypt|Arab Republic of Egypt; EH ESH
Western Sahara; ER ERI Eritrea; ES ESP Spain|España|Spanien|Espagne|Espanha|Spagna|Spanje|Hiszpania; ET ETH Ethiopia; FI FIN
Finland|Suomi|Finnland|Finlande; FJ FJI Fiji; FK FLK the Falkland Islands; FM FSM Micronesia|Micronesia, Federated States of; FO FRO the
Faroe Islands; FR FRA France|Frankreich|Francia|França|Frankrijk|Francja; GA GAB Gabon; GB GBR the United Kingdom|UK|Great
Britain|Britain|England|Scotland|Wales|Northern Ireland|Großbritannien|Vereinigtes Königreich|Royaume-Uni|Reino Unido|Regno Unito|Verenigd
Koninkrijk|Wielka Brytania; GD GRD Grenada; GE GEO Georgia; GF GUF French Guiana; GG GGY Guernsey; GH GHA Ghana; GI GIB Gibraltar; GL GRL
Greenland; GM GMB the Gambia; GN GIN Guinea; GP GLP Guadeloupe; GQ GNQ Equatorial Guinea; GR GRC Greece|Hellas|Griechenland|Grèce; GS SGS
South Georgia|South Georgia & the South Sandwich Islands|South Georgia and the South Sandwich Islands; GT GTM Guatemala; GU GUM Guam; GW
GNB Guinea-Bissau; GY GUY Guyana; HK HKG Hong Kong|Hong Kong SAR|Hong Kong SAR China; HM HMD Heard Island|Heard Island & McDonald
Islands|Heard Island and McDonald Islands; HN HND Honduras; HR HRV Croatia; HT HTI Haiti; HU HUN Hungary|Magyarország|Ungarn; ID IDN
Indonesia; IE IRL Ireland|Republic of Ireland|Éire|Irland|Irlande|Irlanda; IL ISR Israel|State of Israel; IM IMN the Isle of Man; IN IND
India|Bharat; IO IOT the British Indian Ocean Territory; IQ IRQ Iraq; IR IRN Iran|Iran, Islamic Republic of; IS ISL Iceland; IT ITA
Italy|Italia|Italien|Italie|Włochy; JE JEY Jersey; JM JAM Jamaica; JO JOR Jordan; JP JPN Japan; KE KEN Kenya; KG KGZ Kyrgyzstan; KH KHM
Cambodia; KI KIR Kiribati; KM COM Comoros; KN KNA Saint Kitts and Nevis|St Kitts & Nevis; KP PRK North Korea|Korea, Democratic People's
Republic of|Korea, North; KR KOR South Korea|Korea|Republic of Korea|Korea, Republic of|Korea, South; KW KWT Kuwait; KY CYM the Cayman
Islands; KZ KAZ Kazakhstan; LA LAO Laos|Lao People's Democratic Republic; LB LBN Lebanon; LC LCA Saint Lucia|St Lucia; LI LIE
Liechtenstein; LK LKA Sri Lanka; LR LBR Liberia; LS LSO Lesotho; LT LTU Lithuania; LU LUX Luxembourg|Luxemburg; LV LVA Latvia; LY LBY
Libya; MA MAR Morocco; MC MCO Monaco; MD MDA Moldova|Moldova, Republic of|Republic of Moldova; ME MNE Montenegro; MF MAF Saint Martin; MG
MDG Madagascar; MH MHL the Marshall Islands; MK MKD North Macedonia|Macedonia; ML MLI Mali; MM MMR Myanmar|Burma; MN MNG Mongolia; MO MAC
Macao|Macau|Macau SAR; MP MNP the Northern Mariana Islands; MQ MTQ Martinique; MR MRT Mauritania; MS MSR Montserrat; MT MLT Malta; MU MUS
Mauritius; MV MDV the Maldives; MW MWI Malawi; MX MEX Mexico|Mexiko|Mexique|Messico; MY MYS Malaysia; MZ MOZ Mozambique; NA NAM Namibia;
NC NCL New Caledonia; NE NER Niger; NF NFK Norfolk Island; NG NGA Nigeria; NI NIC Nicaragua; NL NLD the
Netherlands|Holland|Nederland|Niederlande|Pays-Bas|Países Bajos|Países Baixos|Paesi Bassi|Holandia; NO NOR Norway|Norge|Norwegen|Norvège;
NP NPL Nepal; NR NRU Nauru; NU NIU Niue; NZ NZL New Zealand|Aotearoa; OM OMN Oman; PA PAN Panama; PE PER Peru; PF PYF French Polynesia; PG
PNG Papua New Guinea; PH PHL the Philippines; PK PAK Pakistan; PL POL Poland|Polska|Polen|Pologne|Polonia; PM SPM Saint Pierre and
Miquelon|St Pierre & Miquelon; PN PCN Pitcairn; PR PRI Puerto Rico; PS PSE Palestine|Palestinian Territories|Palestine, State of; PT PRT
Portugal|Portogallo|Portugalia; PW PLW Palau; PY PRY Paraguay; QA QAT Qatar; RE REU Réunion; RO ROU Romania|Rumänien; RS SRB Serbia; RU
RUS Russia|Russian Federation; RW RWA Rwanda; SA SAU Saudi Arabia|Kingdom of Saudi Arabia|KSA; SB SLB the Solomon Islands; SC SYC
Seychelles; SD SDN Sudan; SE SWE Sweden|Sverige|Schweden|Suède; SG SGP Singapore; SH SHN Saint Helena|St Helena; SI SVN Slovenia; SJ SJM
Svalbard and Jan Mayen|Svalbard & Jan Mayen; SK SVK Slovakia|Slovak Republic|Slowakei; SL SLE Sierra Leone; SM SMR San Marino; SN SEN
Senegal; SO SOM Somalia; SR SUR Suriname; SS SSD South Sudan; ST STP Sao Tome and Principe|Sao Tome & Principe; SV SLV El Salvador; SX SXM
Sint Maarten; SY SYR Syria|Syrian Arab Republic; SZ SWZ Eswatini|Swaziland; TC TCA the Turks and Caicos Islands; TD TCD Chad; TF ATF the
French Southern Territories; TG TGO Togo; TH THA Thailand; TJ TJK Tajikistan; TK TKL Tokelau; TL TLS Timor-Leste|East Timor; TM TKM
Turkmenistan; TN TUN Tunisia; TO TON Tonga; TR TUR Türkiye|Turkey; TT TTO Trinidad and Tobago|Trinidad & Tobago; TV TUV Tuvalu; TW TWN
Taiwan|Taiwan, Province of China; TZ TZA Tanzania|Tanzania, United Republic of; UA UKR Ukraine|Ukraina; UG UGA Uganda; UM UMI the US Minor
Outlying Islands|United States Minor Outlying Islands; US USA the United States|United States of America|Estados
Unidos|États-Unis|Vereinigte Staaten|Stati Uniti|Verenigde Staten|Stany Zjednoczone|EUA|EE. UU.; UY URY Uruguay; UZ UZB Uzbekistan; VA VAT
Vatican City|Holy See; VC VCT Saint Vincent and the Grenadines|St Vincent; VE VEN Venezuela|Venezuela, Bolivarian Republic of; VG VGB the
British Virgin Islands; VI VIR the US Virgin Islands; VN VNM Vietnam; VU VUT Vanuatu; WF WLF Wallis and Futuna|Wallis & Futuna; WS WSM
Samoa; YE YEM Yemen; YT MYT Mayotte; ZA ZAF South Africa|RSA; ZM ZMB Zambia; ZW ZWE Zimbabwe
"""
