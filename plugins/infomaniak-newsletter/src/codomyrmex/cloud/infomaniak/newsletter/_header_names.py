"""What the columns of contacts are called: by this service, by others that export them, and in four languages.

Case, accents, blanks, ``_``, ``-`` and other punctuation do not count: `simple` takes them out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import accumulate

_PUNCTUATION = re.compile(r"[\W_]+")


def simple(name: str) -> str:
    """A name without what does not count, such as ``prenom`` for ``Prénom``."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return _PUNCTUATION.sub("", "".join(char for char in letters if not unicodedata.combining(char)))


def _names(text: str) -> frozenset[str]:
    return frozenset(simple(name) for name in text.split(","))


EMAIL = _names(
    # HubSpot, SendGrid, Mailjet, Infomaniak; Mailchimp, Outlook, Constant Contact; Google Contacts; Thunderbird
    "email, email address, e-mail 1 - value, primary email, e-mail 1 address, home email, work email, "
    # Brevo, WordPress and WooCommerce, Shopify; Apple; Google's newer export
    "user email, billing email, customer email, contact email, subscriber email, email id, email 1, email1, "
    "email home, email work, email primary, primary email address, your email, "
    # French
    "adresse e-mail, adresse email, adresse mail, adresse électronique, adresse de messagerie, courriel, "
    "adresse courriel, mail, adresse courrier électronique, adresse e-mail principale, "
    # German
    "e-mail-adresse, emailadresse, mailadresse, mail-adresse, e-mail-anschrift, primäre e-mail-adresse, "
    # Italian
    "indirizzo e-mail, indirizzo email, indirizzo mail, indirizzo di posta elettronica, indirizzo posta elettronica, "
    "posta elettronica, indirizzo e-mail principale, "
    # Spanish
    "correo electrónico, correo, dirección de correo electrónico, dirección de correo, dirección e-mail, "
    "correo electrónico principal"
)
FIRST_NAME = _names(
    # Mailchimp, Brevo, HubSpot, SendGrid, CleverReach; Outlook, Google; WooCommerce
    "firstname, first name, fname, given name, forename, billing first name, customer first name, "
    "prénom, vorname, rufname, nome, nombre, nombre de pila"
)
LAST_NAME = _names(
    "lastname, last name, lname, family name, surname, billing last name, customer last name, "
    # French; German
    "nom, nom de famille, nachname, familienname, zuname, "
    # Italian; Spanish
    "cognome, apellido, apellidos"
)
FIELDS: Mapping[str, frozenset[str]] = {"firstname": FIRST_NAME, "lastname": LAST_NAME}
"""The keys that this service's fields have, and what others call them."""

NOT_IMPORTED = _names(
    # Mailchimp: its own ids, when and from which address somebody signed up, where that is, what others thought
    "leid, euid, member rating, optin time, optin ip, confirm time, confirm ip, latitude, longitude, gmtoff, dstoff, "
    "last changed, unsub campaign title, unsub campaign id, unsub reason, unsub reason other, "
    "clean campaign title, clean campaign id"
)
"""What other services note of contacts for themselves, and nobody asks to have in another one."""

STATUS = _names(
    # Infomaniak, Mailchimp's API, MailPoet, Klaviyo, Constant Contact, Substack, Ghost
    "status, email status, subscription status, subscriber status, global status, list status, contact status, "
    "email permission status, email marketing consent, email subscription status, marketing status, "
    "statut, état, stato, estado, abonnementstatus, anmeldestatus"
)
"""Columns that say by a word whether somebody wants newsletters."""
NOT_SUBSCRIBED = _names(
    "unsubscribed, unsubscribe, unsub, cleaned, bounced, bounce, hard bounce, hard bounced, junk, spam, complained, "
    "complaint, spam complaint, blacklisted, blocklisted, blocked, suppressed, excluded, opted out, opt out, optout, "
    "non-subscribed, not subscribed, never subscribed, unconfirmed, not confirmed, pending, pending confirmation, "
    "awaiting confirmation, invalid, deleted, removed, archived, transactional, inactive, disabled, deactivated, "
    # German; French; Italian; Spanish
    "abgemeldet, ausgetragen, gesperrt, unbestätigt, gelöscht, inaktiv, désabonné, désabonnée, désinscrit, "
    "désinscrite, désabonnés, non confirmé, bloqué, rejeté, inactif, disiscritto, disiscritta, cancellato, "
    "cancellata, bloccato, non confermato, inattivo, dado de baja, baja, cancelado, cancelada, bloqueado, "
    "no confirmado, desuscrito, inactivo"
)
"""What such a column says, at least at its beginning, of somebody who does not, or has not confirmed it, or whose
address does not work."""
_WHOLE_VALUES = frozenset({"baja"})
"""Those of them that begin something else, too: ``Baja California`` is an ``estado``."""

REFUSES = _names(
    # HubSpot; Brevo; Mailjet; Salesforce; Mailchimp, in its files of who unsubscribed and whose address does not work
    "unsubscribed, unsubscribed from all email, opted out of all email, opted out of email marketing information, "
    "email hard bounce reason, invalid email address, email blacklist, blacklisted, "
    "email blacklisted, blocklisted, email blocklisted, is excluded from campaigns, is unsubscribed, "
    "unsub, opted out, email opt out, has opted out of email, optout, unsubscribed at, opt-out date, do not email, "
    "unsub time, clean time, unsubscribe date, unsubscribed date, date unsubscribed, bounced, hard bounced, "
    "abgemeldet, abgemeldet am, abmeldedatum, désabonné, désinscrit, date de désinscription, disiscritto, "
    "data disiscrizione, fecha de baja"
)
"""Columns that say of who does not want newsletters something else than no, such as the date."""
AGREES = _names(
    # Shopify; CleverReach
    "subscribed, is subscribed, accepts marketing, accepts email marketing, email opt-in, opt-in, optin, opted in, "
    "marketing opt-in, active, is active, confirmed, consent, email consent, marketing consent, newsletter consent, "
    "gdpr consent, aktiv, newsletter, einwilligung, abonné, inscrit, actif, consentement, iscritto, attivo, consenso, "
    "suscrito, activo, consentimiento"
)
"""Columns that say no of who does not want newsletters."""
NO = _names("no, n, false, f, off, never, non, nein, falsch, faux, falso, none, null, nan, nat, n/a") | {""}
"""What means no, beside zeros, also as a number or date of a database: ``0.0``, ``0000-00-00``."""


def refuses(name: str, value: str) -> bool:
    """Whether a contact's own value in the column of this name says that it is not to have newsletters."""
    column, is_no = simple(name), simple(value).strip("0") in NO
    if column in REFUSES:
        return not is_no
    return column in STATUS | AGREES and bool(value.strip()) and (is_no or _says_not_subscribed(value))


def _says_not_subscribed(value: str) -> bool:
    """Whether it is, or begins with, one of `NOT_SUBSCRIBED`, such as ``Unsubscribed (by admin)``."""
    starts = list(accumulate(map(simple, _PUNCTUATION.split(value))))
    return starts[-1] in NOT_SUBSCRIBED or not (NOT_SUBSCRIBED - _WHOLE_VALUES).isdisjoint(starts)


def tells_consent(name: str) -> bool:
    """Whether the column of this name says who wants newsletters."""
    return simple(name) in STATUS | REFUSES | AGREES


def emails(names: Iterable[str]) -> list[str]:
    """Those of these names that are of addresses."""
    return [name for name in names if simple(name) in EMAIL]
