"""Whatever rows come, however often and in whatever order: the file holds what the newest of them say."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ports.journal import AuditRow
from actors.store.check import problems
from actors.store.opening import open_writer
from actors.store.runs import identity
from actors.store.tables import FILLS, ORDERS
from actors.store.transaction import Transactions
from actors.store.work import Work
from tests.journal_rows import fill, order

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False).map(lambda value: value.copy_abs()) | st.decimals(
    min_value=0, max_value=10**15, places=12
)
ORDERS_OF_A_STORY = st.lists(
    st.builds(
        lambda number, revision, quantity, reason: order(number, revision=revision, quantity=quantity, reason=reason),
        st.integers(0, 5),
        st.integers(0, 9),
        AMOUNTS,
        st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    ),
    max_size=30,
)


def stored(works_of_each, tmp_path_factory):
    """Write works, a transaction for each list of them; return the order and fill rows of the file."""
    connection = open_writer(tmp_path_factory.mktemp("property") / "journal.db")
    try:
        run_id = identity(connection, "whisperer").run_id
        transactions = Transactions(connection, "whisperer", lambda: 1, equity_days=30)
        for rows_of_works in works_of_each:
            transactions.write([Work(tuple(rows), run_id) for rows in rows_of_works])
        return [
            [
                table.row(row)
                for row in connection.execute(f"SELECT {table.columns} FROM {table.name} ORDER BY order_id")
            ]
            for table in (ORDERS, FILLS)
        ], problems(connection)
    finally:
        connection.close()


@settings(max_examples=25)
@given(rows=ORDERS_OF_A_STORY, again=st.randoms(use_true_random=False), batch=st.integers(1, 7))
def test_the_highest_revision_wins_in_any_order_and_number_of_tellings(tmp_path_factory, rows, again, batch):
    rows = list({(row.order_id, row.revision): row for row in rows}.values())  # a revision has one content
    told = rows + [row for row in rows if again.random() < 0.5]
    again.shuffle(told)
    (orders, _), _ = stored([[told[at : at + batch]] for at in range(0, len(told), batch)], tmp_path_factory)

    newest = {}
    for row in sorted(rows, key=lambda row: row.revision):
        newest[row.order_id] = row
    assert orders == [newest[key] for key in sorted(newest)]


@settings(max_examples=25)
@given(
    numbers=st.lists(st.integers(0, 20), max_size=40),
    bad=st.sets(st.integers(0, 40)),
    batch=st.integers(1, 10),
)
def test_fills_count_once_and_a_bad_work_costs_only_itself(tmp_path_factory, numbers, bad, batch):
    works = []
    for at, number in enumerate(numbers):
        audit = AuditRow(actor="ada", action=str(at))
        rows = [order(number, status="filled", filled_quantity=Decimal("1.50")), fill(number), audit]
        works.append([*rows, fill(99, price=Decimal("NaN"))] if at in bad else rows)
    batches = [works[at : at + batch] for at in range(0, len(works), batch)]
    (orders, fills), found = stored(batches, tmp_path_factory)

    good = sorted({number for at, number in enumerate(numbers) if at not in bad})
    assert fills == [fill(number) for number in good]
    assert [row.client_order_id for row in orders] == [f"mine-{number}" for number in good]
    assert [text for text in found if "position" not in text] == []
