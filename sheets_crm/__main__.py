"""`python -m sheets_crm`: the same program as `sheets-crm`."""

from sheets_crm.cli import main

if __name__ == "__main__":
    main()
