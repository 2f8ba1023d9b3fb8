"""What goes on paper: the summary of the report, sheets of places and operators, and pictures of charts."""
