"""Tables of observations as files of the trade: Dataset-JSON, SAS XPORT, CSV; and text as XML."""
