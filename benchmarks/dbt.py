"""dbt's own command line, as the `dbt` script starts it."""

from dbt.cli.main import cli

if __name__ == "__main__":
    cli()
