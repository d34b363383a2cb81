"""The faults that ``mutate.py`` tries: operators over the syntax tree, and faults written by hand.

A docstring, an annotation, a ``raise`` or ``assert`` statement, a ``__repr__`` (and whether there
is one) and a block for type checkers are left alone.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path("src", "layerwise")
ROOMS = ("training", "objective", "architecture", "schedule", "data", "evaluation", "artifacts")
ROOMS += ("augmentation", "estimators", "labelling", "annotation", "synthesis")
TOP = ("_random.py", "_contracts.py", "_spec.py", "_durable.py", "_json.py", "_lock.py")
TOP += ("_regular.py", "_commit.py", "_text.py")
LONGEST = 48  # letters of a name that tell what is changed

NAMED = (  # name, file, text that is there once, text in its place
    (
        "labels-without-a-flush",
        "annotation/journal.py",
        "rest, place = rest[written:], place + written\n            os.fsync(self._handle)",
        "rest, place = rest[written:], place + written",
    ),
    (
        "any-token-will-do",
        "annotation/guard.py",
        "return any(hmac.compare_digest(one.encode(), self.token.encode()) for one in given)",
        "return bool(given)",
    ),
    (
        "chosen-rows-judge",
        "labelling/progress.py",
        "np.flatnonzero(drawn), task, guess",
        "np.arange(len(drawn)), task, guess",
    ),
    (
        "anything-is-undone",
        "annotation/session.py",
        'if last is None or last.id != record["of"]:',
        "if last is None:",
    ),
    (
        "beliefs-lead-the-judge",
        "annotation/session.py",
        "hidden = ask.share == RANDOM",
        "hidden = False",
    ),
    (
        "mixed-between-classes",
        "objective/synthetic.py",
        "chance = chance * (y[:n, None] == y[None, :])",
        "chance = chance * 1.0",
    ),
    (
        "held-out-rows-are-learned-ones",
        "synthesis/fidelity.py",
        "for rows in (learned, held_out)",
        "for rows in (held_out, learned)",
    ),
    (
        "asks-what-is-sure",
        "labelling/unsure.py",
        'np.argsort(-scores, kind="stable")',
        'np.argsort(scores, kind="stable")',
    ),
    (
        "overlap-of-what-was-asked-left-out",
        "evaluation/runner.py",
        "data.test_y is not None, _asked(records, budget))",
        "data.test_y is not None)",
    ),
    (
        "masked-tokens-choose-marks",
        "objective/masked/tokens.py",
        "(first < self.share).scatter(1, least, True) & may",
        "(first < self.share).scatter(1, least, True)",
    ),
    (
        "codes-in-order-of-length",
        "estimators/rows.py",
        "result[torch.from_numpy(np.concatenate(blocks).argsort())]",
        "result",
    ),
    ("pairs-with-themselves", "objective/pairs.py", ".triu(1)", ".triu(0)"),
    (
        "weights-that-lack",
        "architecture/borrowed/making.py",
        "    if lacking:\n",
        "    if not lacking and lacking:\n",
    ),
    ("words-below-zero", "data/text/words.py", "(weights > 0).all()", "(weights >= -9).all()"),
    ("cache-drop-weight", "training/cache.py", ", weight=weights)", ")"),
    (
        "sparse-source-weight",
        "data/sources.py",
        "_batch(shaped, rows, y=self.y, weight=self.weight)",
        "_batch(shaped, rows, y=self.y)",
    ),
    ("extra-weights", "estimators/finetuned.py", "np.ones(more)", "np.zeros(more)"),
    (
        "reg-scale-weights",
        "estimators/regressor.py",
        "np.average((centred / unit) ** 2, axis=0, weights=weight)",
        "np.average((centred / unit) ** 2, axis=0)",
    ),
    ("rowsof-observed", "data/sources.py", "rows=rows, **own)", "rows=rows, observed=None, **own)"),
    (
        "score-observed",
        "estimators/encoder.py",
        "torch.ones_like(losses) if observed is None else observed[:, features].float()",
        "torch.ones_like(losses)",
    ),
    ("feed-join-last", "training/feed.py", "n - ends[-2] < least", "n - ends[-2] < 1"),
    ("feed-others-turn", "training/feed.py", '"others", epoch, turn', '"others", epoch'),
    ("feed-others-epoch", "training/feed.py", '"others", epoch, turn', '"others", turn'),
    (
        "centre-labels",
        "training/run.py",
        'if begun is None and objective.needs != "labels" and codec.depth',
        "if begun is None and codec.depth",
    ),
    (
        "centre-never",
        "training/run.py",
        'if begun is None and objective.needs != "labels" and codec.depth',
        "if False and codec.depth",
    ),
    (
        "search-flag",
        "training/run.py",
        '[row | {"search": True} for row in search.rows]',
        "search.rows",
    ),
    (
        "frozen-random-start",
        "estimators/finetuned.py",
        "pretrainer.stack_.with_best_init()",
        "pretrainer.stack_",
    ),
    ("verdict-ahead-any", "evaluation/read.py", "if all((b, row[", "if any((b, row["),
    (
        "saved-most",
        "evaluation/savings.py",
        "    if not len(above):\n        return math.inf",
        "    if not len(above):\n        return float(budgets[-1])",
    ),
    ("saved-at-most", "evaluation/suggestions.py", 'in (*hurts, row["most"])', "in hurts"),
    ("warmup-shape", "training/shapes.py", "(1 - t) / (1 - LINEAR_WARM_SHARE)", "1 - t"),
)
EQUIVALENT = {  # name of a mutant -> why no test can tell
    "augmentation/corruption.py:to_features:force:False for not _has_categories(space)#0": (
        "every column is then repeated once: the same, a little later"
    ),
    "estimators/growth.py:module:number:1e-06#0": (
        "any number between what rounding leaves of a variance and what data have"
    ),
    "estimators/together.py:with_unlabelled:and-or:is_frame(X) and is_frame(more)#0": (
        "both are frames or neither is, as the lines before have asked; types need both"
    ),
    "artifacts/reading.py:module:drop-keyword:bound=torch.nn.Module of TypeVar('M', "
    "bound=torc...047e#0": ("a bound is for the type checker alone"),
    "training/updates.py:_sgd:flag:True#0": "the same steps by another kernel, slower",
    "schedule/schedules.py:Schedule.phases:flag:True#0": (
        "both are of one length, as the lines before have asked"
    ),
}


# The operators: each yields words for a change of a node, what goes, and what takes its place

Change = tuple[str, ast.AST, ast.AST | str]
BOUNDARIES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OPPOSITES = {ast.Eq: ast.NotEq, ast.Is: ast.IsNot, ast.In: ast.NotIn}
OPPOSITES |= {other: one for one, other in OPPOSITES.items()}
SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
SWAPS |= {ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult}


def boundary(node: ast.AST, table: dict[type, type] = BOUNDARIES) -> Iterator[Change]:
    """``<`` for ``<=``."""
    for i, operator in enumerate(node.ops if isinstance(node, ast.Compare) else ()):
        if type(operator) in table:
            others = [*node.ops[:i], table[type(operator)](), *node.ops[i + 1 :]]
            yield ast.unparse(node), node, ast.Compare(node.left, others, node.comparators)


def negation(node: ast.AST) -> Iterator[Change]:
    """``!=`` for ``==``, ``is not`` for ``is``."""
    yield from boundary(node, OPPOSITES)


def arithmetic(node: ast.AST) -> Iterator[Change]:
    """``-`` for ``+``, where no text or list is joined."""
    joins = (ast.JoinedStr, ast.List, ast.Tuple)
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        sides = (node.left, node.right)
        if not any(isinstance(s, joins) or isinstance(_value(s), str) for s in sides):
            other = ast.BinOp(node.left, SWAPS[type(node.op)](), node.right)
            yield ast.unparse(node), node, other


def and_or(node: ast.AST) -> Iterator[Change]:
    """``or`` for ``and``."""
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield ast.unparse(node), node, ast.BoolOp(other, node.values)


def drop_not(node: ast.AST) -> Iterator[Change]:
    """``x`` for ``not x``."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield ast.unparse(node), node, node.operand


def number(node: ast.AST) -> Iterator[Change]:
    """One more; of a float twice as much."""
    value = _value(node)
    if type(value) in (int, float):
        more = value + 1 if isinstance(value, int) else 2 * value or 1.0
        yield ast.unparse(node), node, ast.Constant(more)


def flag(node: ast.AST) -> Iterator[Change]:
    """``False`` for ``True``."""
    if isinstance(_value(node), bool):
        yield ast.unparse(node), node, ast.Constant(not _value(node))


def drop_keyword(node: ast.AST) -> Iterator[Change]:
    """A call without one of its named arguments, where that is a plain name or attribute."""
    for one in node.keywords if isinstance(node, ast.Call) else ():
        if one.arg and isinstance(one.value, (ast.Name, ast.Attribute)):
            rest = [other for other in node.keywords if other is not one]
            words = f"{ast.unparse(one)} of {ast.unparse(node)}"
            yield words, node, ast.Call(node.func, node.args, rest)


def force(node: ast.AST) -> Iterator[Change]:
    """``if True`` and ``if False``."""
    tests = [node.test] if isinstance(node, (ast.If, ast.IfExp)) else getattr(node, "ifs", ())
    for test in tests:
        for truth in (True, False):
            yield f"{truth} for {ast.unparse(test)}", test, ast.Constant(truth)


def drop_statement(node: ast.AST) -> Iterator[Change]:
    """No call, no augmented assignment."""
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if call or isinstance(node, ast.AugAssign):
        yield ast.unparse(node), node, "pass"


OPERATORS = (boundary, negation, arithmetic, and_or, drop_not, number, flag, drop_keyword, force)
OPERATORS += (drop_statement,)


def _value(node: ast.AST) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


# The mutants


@dataclass(frozen=True)
class Mutant:
    """A fault in a file below the package.

    ``line`` is where it is, ``span`` the lines of the statement that it changes (``inner``: all lie
    in bodies of functions), ``text`` the whole file with it, ``rank`` its place in the draw.
    """

    name: str
    file: str
    line: int
    span: range
    inner: bool
    text: bytes
    rank: str = ""

    @property
    def room(self) -> str:
        return self.file.partition("/")[0] if "/" in self.file else "top"


def every_mutant(root: Path) -> list[Mutant]:
    """Return all mutants that the operators make of a checkout, in the order of the draw."""
    files = [root / PACKAGE / name for name in TOP]
    files += [path for room in ROOMS for path in (root / PACKAGE / room).rglob("*.py")]
    found = [
        mutant
        for path in files
        for mutant in _mutants_of(str(path.relative_to(root / PACKAGE)), path.read_bytes())
    ]
    return sorted(found, key=lambda mutant: mutant.rank)


def named_mutants(root: Path) -> tuple[list[Mutant], list[str]]:
    """Return the mutants written by hand, and the names of those whose text is not there once."""
    found, stale = [], []
    for name, file, old, new in NAMED:
        path = root / PACKAGE / file
        text, was = path.read_bytes() if path.is_file() else b"", old.encode()
        if text.count(was) != 1:
            stale.append(name)
            continue
        first = text[: text.index(was)].count(b"\n") + 1
        span = range(first, first + old.count("\n") + 1)
        changed = text.replace(was, new.encode())
        found.append(Mutant(name, file, first, span, _inner(text).issuperset(span), changed))
    return found, stale


def stale(root: Path) -> list[str]:
    """Return the names here that speak of a place that is not there, or not once."""
    by_hand, gone = named_mutants(root)
    known = {mutant.name for mutant in by_hand + every_mutant(root)}
    return gone + sorted(set(EQUIVALENT) - known)


def _mutants_of(file: str, text: bytes) -> Iterator[Mutant]:
    seen: Counter[str] = Counter()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for where, span, node in _sites(ast.parse(text), (), range(0)):
        for operator in OPERATORS:
            for words, old, new in operator(node):
                kind = operator.__name__.replace("_", "-")
                place = f"{file}:{'.'.join(where) or 'module'}:{kind}:"
                index = seen[place + words]
                seen[place + words] += 1
                rank = hashlib.sha256(f"{place}{words}#{index}".encode()).hexdigest()
                short = words if len(words) <= LONGEST else f"{words[:LONGEST]}...{rank[:4]}"
                start = starts[old.lineno - 1] + old.col_offset
                end = starts[old.end_lineno - 1] + old.end_col_offset
                changed = text[:start] + _code(new).encode() + text[end:]
                inner = _inner(text).issuperset(span)
                name = f"{place}{short}#{index}"
                yield Mutant(name, file, old.lineno, span, inner, changed, rank)


def _sites(node: Any, where: tuple[str, ...], span: range) -> Iterator[tuple[Any, range, Any]]:
    """Yield what may be changed: the names around a node, the lines of its statement, the node."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr)):  # 3.11 misplaces parts of the last
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.keyword) and node.arg == "repr":
        return
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        if node.name == "__repr__":
            return
        where = (*where, node.name)
    if isinstance(node, ast.stmt):  # of a compound statement its head
        body = getattr(node, "body", ())
        first = min(one.lineno for one in (node, *getattr(node, "decorator_list", ())))
        last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno
        span = range(first, last + 1)
    yield where, span, node
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in ("annotation", "returns"):
                yield from _sites(child, where, span)


@cache
def _inner(text: bytes) -> frozenset[int]:
    """Return the lines of a file that lie in bodies of functions."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    bodies = [range(node.body[0].lineno, node.end_lineno + 1) for node in functions]
    return frozenset(line for body in bodies for line in body)


def _code(new: ast.AST | str) -> str:
    bare = isinstance(new, (str, ast.Constant, ast.Call, ast.Name, ast.Attribute))
    text = new if isinstance(new, str) else ast.unparse(new)
    return text if bare else f"({text})"
