"""Tables as CSV with a data package, and as workbooks."""
