"""Inventory's codes in words: why a read failed, why a row is not believed, why a person is asked, what files lack."""

from django.utils.translation import gettext_lazy as _

from dom_project.lib import sentences

# Why a read failed as a whole; params as the connector gave them.
FAILURES: sentences.Words = {
    "unauthorised": _("The source refused the token (%(status)s). Enter a new one."),
    "throttled": _("The source asked us to wait %(seconds)s seconds."),
    "source_broken": _("The source itself is broken (%(status)s)."),
    "unexpected_status": _("The source answered with status %(status)s, which is no answer to this question."),
    "html": _("The source answered with a web page instead of figures: “%(start)s”"),
    "half_body": _("The answer broke off before its end."),
    "not_json": _("The answer is not JSON."),
    "no_rows": _("The answer has no list of rows at “%(path)s”."),
    "no_count": _("The answer does not say at “%(path)s” how many rows it has."),
    "no_as_of": _("The answer does not say at “%(path)s” as of when it is true."),
    "no_end_mark": _("The answer ended without its end mark after %(rows)s rows."),
    "wrong_count": _("%(announced)s rows were announced and %(rows)s came."),
    "looping_pages": _("The source sends the same page again and again."),
    "too_many_pages": _("The answer has more than %(pages)s pages."),
    "mapping_wrong": _("The mapping can't be used: look at “%(key)s”."),
    "unknown_system": _("There is no connector of the kind %(system)s."),
    "interrupted": _("The read was interrupted; it was begun again."),
    "set_anew": _("The connection was set up anew meanwhile; what the old settings brought does not count."),
    "broke_off": _("The connector broke off: %(error)s"),
    "stage_lost": _("The database server restarted before the read counted; it is read again."),
    "forbidden_address": _(
        "Fairlead may not call %(host)s: only https and public addresses, or what the server allows."
    ),
    "unreachable": _("The source can't be reached."),
    "timed_out": _("The source did not answer in time (%(seconds)s s)."),
    "too_large": _("The answer is larger than %(max_bytes)s bytes."),
    "broken_answer": _("The answer can't be decoded."),
}

# Why one row is not believed.
ROWS: sentences.Words = {
    "missing": _("is missing"),
    "blank": _("is blank"),
    "not_text": _("is no code"),
    "not_whole": _("is not a whole number"),
    "not_a_number": _("is not a number"),
    "absurd": _("is absurdly large"),
    "negative": _("is below zero"),
    "no_offset": _("has no offset from UTC"),
    "not_an_instant": _("is not an instant"),
    "unknown_sku": _("there is no such SKU"),
    "ambiguous_sku": _("several SKUs differ from it by case only"),
    "unknown_node": _("there is no such node"),
    "node_of_another_feed": _("another connection tells this node's stock"),
}

# Why nothing of a read counts until a person has decided.
GUARDS: sentences.Words = {
    "all_zero": _("Every stocked SKU of a node would turn 0 (%(nodes)s)."),
    "many_zero": _("At %(node)s %(zeroed)s of %(stocked)s stocked SKUs would turn 0."),
    "units_fell": _("At %(node)s the units would fall from %(units)s to %(after)s."),
    "many_jumped": _("At %(node)s %(jumped)s of %(stocked)s stocked SKUs would grow more than tenfold."),
    "few_rows": _("The read has %(rows)s rows; usually there are %(usual)s."),
    "many_rejected": _("%(rejected)s of %(rows)s rows can't be believed."),
}

# Files. What any input may lack is said by the built-in sentences.
FILES: sentences.Words = {
    "file_too_large": _("The file is larger than %(most_mb)s MB. Nothing was kept; split it, or pack it with gzip."),
    "as_of_ahead": _("The moment of the figures is more than 5 minutes in the future."),
    "file_missing": _("Choose a file first."),
    "unknown_kind": _("Choose what is in the file."),
    "empty": _("The file is empty."),
    "no_text": _("This is not a text file. Save a spreadsheet as CSV first."),
    "too_many_columns": _("The file has more than 500 columns. Is the separator right?"),
    "wrong_encoding": _("The file can't be read in this encoding."),
    "broken_archive": _("The packed file is damaged or broke off."),
    "unpacks_too_large": _("The packed file unpacks to more than is allowed."),
    "chunk_not_written": _("What comes from line %(line)s on can't be written (%(reason)s)."),
    "not_written": _("The row can't be written (%(reason)s)."),
    "file_gone": _("The file is no longer there. Upload it again."),
    "already_started": _("This import has begun already and can't be changed."),
    "unreadable_row": _("The row can't be read: a quotation mark is open, or a cell is too long."),
    "too_many_cells": _("The row has %(cells)s cells, the header has %(columns)s."),
    "cell_too_long": _("A cell has more than %(longest)s characters."),
    "wrong_letters": _("The row has letters that don't exist in this encoding."),
    "twice_in_file": _("%(value)s came before in this file"),
    "barcode_taken": _("barcode %(value)s belongs to SKU %(sku)s"),
    "needed_of_new": _("is needed of a new node"),
    "ambiguous_sku": _("several SKUs differ from %(sku)s by case only"),
    "not_a_number": _("“%(value)s” is not a number"),
    "grouping": _("“%(value)s” can be read in two ways; write it without a sign that groups"),
    "too_fine": _("“%(value)s” has more places than %(currency)s has"),
    "out_of_range": _("%(value)s is not between %(least)s and %(most)s"),
    "clock_change": _("%(value)s does not exist once in %(zone)s, because the clocks change"),
    "not_a_time": _("“%(value)s” is not a time like 15:00"),
    "not_a_date": _("“%(value)s” is not a list of days like 2026-12-25"),
    "not_hours": _("“%(value)s” is not like mon-fri 09:00-21:00"),
    "not_yes_or_no": _("“%(value)s” is neither yes nor no"),
    "not_one_of": _("“%(value)s” is none of %(allowed)s"),
    "not_a_currency": _("“%(value)s” is not a currency like USD"),
    "not_a_country": _("“%(value)s” is not a country like US"),
    "not_a_time_zone": _("“%(value)s” is not a time zone like America/Chicago"),
    "not_a_code": _("“%(value)s” is not a code: letters, digits, - and _"),
}

PAGES: sentences.Words = {
    "case_is_closed": _("Somebody has decided this already."),
    "token_for_new_address": _("Enter the token again: it is not sent to another address without you."),
    "limits_end": _("Choose a day within the next %(days)s days."),
    "ref_taken": _("Another connection has this code."),
}

# Why an act on stock or network is refused.
STOCK: sentences.Words = {
    "cut_off_after_closing": _(
        "It closes at %(closing)s at the latest, so no parcel leaves at %(cut_off)s. Please give an earlier cut-off."
    ),
    "ask_again": _("This look is too old to be recorded. Count again."),
    "overtaken": _("Somebody looked later than that. The later look stands."),
    "unknown_rule": _("This rule is gone."),
    "sku_or_category": _("Choose a SKU or a category, not both."),
    "node_or_group": _("Choose a node or a group, not both."),
}

# Why a movement happened. Other reasons are people's own words.
REASONS: sentences.Words = {
    "floor": _("A look at the shelf"),
    "denied_by_count": _("Shipped goods that a count had denied"),
    "damaged": _("Found damaged"),
    "missing": _("Not found"),
}

# A source value that could not be taken as given; `raw` is what it said.
ISSUES: sentences.Words = {
    "negative_count": _("The source counted %(raw)s units. A shelf can't hold less than nothing: 0 was taken."),
    "below_own_movements": _("The source's figure less what we shipped since is %(raw)s. 0 was taken."),
    "shipped_denied": _("%(raw)s units were shipped that the last count said were not there."),
    "lost_denied": _("%(raw)s units were reported lost that the last count said were not there."),
}


def reason(code: str) -> str:
    """Why a movement happened, in words; "" without a reason."""
    return str(REASONS.get(code, code.replace("_", " ")))


sentences.teach(
    {f"feed_{code}": text for code, text in FAILURES.items()}
    | {f"row_{code}": text for code, text in ROWS.items()}
    | {f"guard_{code}": text for code, text in GUARDS.items()}
    | dict(FILES)
    | dict(PAGES)
    | dict(STOCK)
    | {f"issue_{code}": text for code, text in ISSUES.items()}
)
