"""The results as a page: the goals first, then what they were read from."""

from benchmarks import packages
from benchmarks.allocation import PGBENCH
from benchmarks.results import Results
from benchmarks.submission import VALUES
from benchmarks.tables import (
    allocation_table,
    beside_table,
    calculation_table,
    clocks_table,
    delivery_table,
    export_table,
    goals_table,
    imports_table,
    night_table,
    safety_table,
    submission_table,
    table,
)


def tables(results: Results) -> str:
    """The figures alone, for a screen."""
    found = [goals_table(results)]
    if results.comparisons:
        found.append(allocation_table(results))
    if results.calculations:
        found.append(calculation_table(results.calculations))
    if results.imports:
        found.append(imports_table(results))
    if results.delivery:
        found.append(delivery_table(results))
    if results.submissions:
        found.append(submission_table(results.submissions))
    if results.exports:
        found.append(export_table(results.exports))
    if results.safety:
        found += [safety_table(results.safety), clocks_table(results.safety)]
    if results.night:
        found += [night_table(results.night), beside_table(results.night)]
    return "\n\n".join(found)


def page(results: Results, date: str) -> str:
    """The page in Markdown."""
    assert results.calculations is not None
    assert results.submissions is not None
    assert results.safety is not None
    assert results.night is not None
    return _PAGE.format(
        date=date,
        goals=goals_table(results),
        allocation=allocation_table(results),
        rounds=len(results.comparisons[0].rounds[PGBENCH]),
        deployed=results.deployed,
        calculation=calculation_table(results.calculations),
        imports=imports_table(results),
        packages=packages_table(),
        delivery=delivery_table(results),
        submissions=submission_table(results.submissions),
        exports=export_table(results.exports),
        values=VALUES,
        posted=results.submissions.posted[0].values,
        resting=results.submissions.memory[0],
        highest=results.submissions.memory[1],
        safety=safety_table(results.safety),
        clocks=clocks_table(results.safety),
        night=night_table(results.night),
        beside=beside_table(results.night),
        starts=", ".join(f"{seconds:.2f}" for seconds in results.starts),
        machine=table(("", ""), list(results.machine.items())),
    )


def packages_table() -> str:
    """The packages by size, or that there are none."""
    found = packages.rows(packages.measure())
    if not found:
        return "Not packed when this was measured: `make build` comes before `make bench`."
    return table(("Functions", "Unzipped", "Most of it"), found)


_PAGE = """# Benchmarks

Written by `make bench` on {date}. What counts is each share: it sets Induct beside what the same
machine can do at the same moment. Absolute numbers are this machine's.

## Goals

{goals}

## Allocation

{allocation}

The trial is the shipped one with two more factors: sixteen strata. Every request is signed, by a
signature of its own that was made before the clock started, and every slot is opened: decrypted,
held against its commitment and against the root of the manifest.

`pgbench` sends the statements that the endpoint sends, overheard from a real request, as prepared
statements of the same login over as many connections (one a client, at most ten), and does nothing
else: it is the limit that Postgres sets. It takes the next slot as the endpoint does, but cannot
open it: the arm and proof that it writes are those of the request overheard. Its latencies are
those of its connections; with more than ten clients, the endpoint's hold the wait for one.

`cooperative` and `threaded` are the endpoint over HTTP on loopback with kept-alive connections:
uvicorn in one process, the load in another. They differ in how a request's database work is run:
with the asynchronous driver on the event loop, or with the blocking one in a thread. The app as
shipped is `{deployed}`; goals are judged by it. All share the processor cores, load included.
Each figure is the median of {rounds} rounds, each on a freshly filled database; a share compares
within a round. In one stratum, every allocation waits for the one before to be on disk.

After each run the database is searched: every slot taken is the next of its stratum, every child
that got an answer has one slot, one allocation from it, one signature, one recorded attempt, one
event, one stored answer and its audit trail, and the arm is the one that the list, generated anew
from its secret, has at that place. Otherwise the run does not count and the command fails.

## Lists and simulations

{calculation}

Pure calculation in one thread, in processor time; a simulation runs the code that allocates, with
its guesser and all its tallies. Lists are 2:1 in mixed blocks of 3, 6 and 9 over three factors of
two levels, which minimisation balances too. "In HMACs" is what a slot or a child costs, counted in
the time that this machine takes for one HMAC-SHA256 called from Python in a tight loop. A list is
made of these: one gives eight random words, and a slot takes one word or a little more.

## From commit to consumer

{delivery}

In the running stack: from the outbox row of `subject.registered` to the row in the consumer's inbox
(randomization's screening log), by the clock of the database; one event after another.

## Item values from an EDC

{submissions}

The unmodified `rwslib` posts documents of {values} values a child to the running stack's Rave face:
{posted:,} values by one client, as many by eight at once, each child in a post of its own, and as
many by one client with ten children in a post. A post is answered when its values,
their trail, the edit checks' queries and the subject's derivations are committed. Client, server
and Postgres share the cores. Corrections go through `POST /submissions`, ten values a subject; the
answer comes when all that depends on them is derived anew. The server's resident memory was
{resting:.0f} MB before and {highest:.0f} MB at most.

COPY brings the rows that the first of these posts left into Postgres once more, each time in one
transaction: bare, the values into a table of their shape with its key; or the records, versions and
values into the very tables, with keys, foreign keys and the chained audit row that each value gets.
The first is the limit of storing anything, the second of storing it as a trial must.

## Exports

{exports}

One child is posted as above; the others are its copies, made in the database. Files are fetched
over HTTP as they are written; "memory" is how much the server's resident memory grew over what it
was as the fetch began. CSV is written in one pass over the children, the others in two, because
their heads count rows. A page of children is in memory at once, however many there are.

## Safety

{safety}

In the running stack, one case after another. The first line is from the row of the message, written
just before the commit, to the receiver on the same machine that has read the request; each is
verified. The others are requests by one client: the report of the event, and the E2B(R3) draft of
its case, made, parsed back and judged, with every rule that it does not keep. The shipped
definition leaves out what is not public, so the draft may not be sent. Schemas are used where
`INDUCT_E2B_SCHEMAS` names their folder.

{clocks}

The facts of one case as often as that, read by one query in the order of their cases, then computed
by the function that requests use, under every rule set of the shipped definition, in one thread.

## The night

{night}

Participants in two arms and four strata with times of up to five years, made in Postgres in an
unlogged table with the columns of a night's. "Bare" is the statement by which a night counts an
endpoint by arm, stratum and day, with its counts fetched;
"with statistics" is that query again and, on its counts, all rows that a night makes of an endpoint
by time: Kaplan-Meier, both log-rank tests, Cox plain and stratified, its test of proportional
hazards, follow-up, restricted means. CPU time is that of this process and of Postgres. A hundred
million need about 19 GB of disk; without it there are twenty million, as the table then says. A
hundred participants are counted before: warm in this process, cold in a fresh interpreter with its
bytecode compiled, its start included.

{beside}

The same participants in one run; Cox by lifelines on a row a participant with a tight tolerance, as
its own stops short of the maximum, all else on counts. lifelines has no stratified log-rank test:
beside it stands its plain one. The first line is a night's rows without and with the part that
lifelines takes in them, each compared with ours. A run in which the two disagree does not count.

## Import of the Lambda entries

{imports}

Each in a fresh interpreter with its bytecode compiled, in turn; medians of seven. Multiples are of
CPU time, which other work on the machine disturbs least. An entry leaves the database's
driver, and what verifies tokens, to the first request that needs them. "With the driver" is the
multiple when all four libraries of the first line are imported too: what of the difference is ours.

## Packages of the functions

{packages}

Unzipped, with the bytecode of Python 3.13: what `make build` packed, with the largest parts of
each. AWS lets 250 MB in; `make build` fails over 100 MB. The image of analytics is not among them:
its libraries are in docs/deploy.md.

## Start of the stack

`induct run` on a home that was set up before, until a request that needs the database is answered:
{starts} seconds.

## Machine

{machine}

## How to repeat

`make bench` takes about fifteen minutes and needs the machine for itself. It makes its own Postgres
and its own homes in a temporary folder and deletes them. `python -m benchmarks --help` tells how to
measure a part alone.
"""
