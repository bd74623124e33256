"""One file per page: its model, and how the model is made from rows."""
