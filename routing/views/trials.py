"""An order tried on rules that nobody saved: by the worker's engine, with nothing written."""

from django.utils import timezone
from django.utils.translation import gettext as _

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from routing import trial
from routing.words import sentence as words_of

from .steps import Edit
from .walk import Told, tell


def run(edit: Edit) -> None:
    """Try the edit's order on its unsaved rules; the answer or the refusal lies in `edit.test` then."""
    if not edit.order:
        return _refuse(edit, _("Please type an order’s number."))
    live = edit.live.version if edit.live else None
    try:
        tested = trial.try_order(
            edit.order, edit.copy.rules, weighing=edit.copy.weighing, live=live, at=timezone.now()
        )
    except NotFound:
        return _refuse(edit, _("There is no order %(ref)s.") % {"ref": edit.order})
    except BadInput as refused:
        edit.error, edit.status = f"{refused.field}: {words_of(refused.code, refused.params)}", 422
        return None
    except Refused as refused:
        return _refuse(edit, words_of(refused.code, refused.params))
    edit.test = tell(tested, edit.choices, live)
    return None


def _refuse(edit: Edit, why: str) -> None:
    edit.test, edit.status = Told(refused=why), 422
