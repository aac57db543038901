"""The dictionaries that are loaded, for use cases: a damaged one is told as such."""

from services.safety import errors
from services.safety.e2b.terminology import configured
from services.safety.e2b.terminology.asc import TerminologyError
from services.safety.e2b.terminology.meddra import Meddra
from services.safety.e2b.terminology.whodrug import WhoDrug
from shared.http.logs import log


def loaded_terms() -> Meddra | None:
    """MedDRA, None where none is configured. Raises ``DictionaryDamaged``."""
    try:
        return configured.terminology()
    except TerminologyError as error:
        raise _damaged(error) from None


def needed_terms() -> Meddra:
    """MedDRA. Raises ``NoTerminology``, ``DictionaryDamaged``."""
    found = loaded_terms()
    if found is None:
        raise errors.NoTerminology
    return found


def needed_drugs() -> WhoDrug:
    """WHODrug. Raises ``NoDrugDictionary``, ``DictionaryDamaged``."""
    try:
        found = configured.drug_dictionary()
    except TerminologyError as error:
        raise _damaged(error) from None
    if found is None:
        raise errors.NoDrugDictionary
    return found


def _damaged(error: TerminologyError) -> errors.DictionaryDamaged:
    log("dictionary not loaded", level="error", service="safety", error=str(error))
    return errors.DictionaryDamaged(f"{error}.")
