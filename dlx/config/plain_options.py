"""Options of models made of a module that knows nothing of dlx: its constructor's arguments become the keys.

The YAML file of such an option has the key `accepts`. It names the class, or a function that returns a module, and
gives the arguments; words such as `spec.outputs` stand for the sizes of the data (dlx/config/placeholders.py).
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache, reduce
from types import FunctionType
from typing import Annotated, Any, get_origin, get_type_hints

import torch
from torch import nn

from dlx.config.kinds import admits
from dlx.config.own import admitted, at_home, import_own, is_admitted
from dlx.config.placeholders import RUN_WORDS, known_words, words_in
from dlx.config.plain_module import PlainModule
from dlx.config.shared_keys import NetworkKeys, PlainKeys
from dlx.config.torch_classes import plain
from dlx.errors import ConfigError, nearest
from dlx.spec import TARGET, DataSpec

ACCEPTS = "accepts"  # the key that marks the option of such a module
REMEDY = "`accepts: vector` (or image, sequence, series, tokens) in its YAML file, since it knows nothing of dlx"
SPEC = "spec"  # the first argument of a class for dlx
TORCH = "torch.nn"  # its classes need no admission
BY_PLACE = inspect.Parameter.POSITIONAL_OR_KEYWORD
OF_DLX = tuple(field.name for field in fields(PlainKeys))
OF_NETWORK = {field.name for field in fields(NetworkKeys)}


def find_constructor(target: object, path: str) -> Callable[..., Any]:
    """Return the class of a module of torch.nn or of an admitted package, or a function admitted by its full name.

    Args:
        target: dotted name.
        path: key that names it, for error messages.

    Raises:
        ConfigError: If it is not admitted, does not exist or is no module; nothing is imported that is not admitted.
    """
    if not isinstance(target, str) or not all(part.isidentifier() for part in target.split(".")):
        raise ConfigError(f"{path}.{TARGET}: expected the dotted name of a class, got {target!r}")
    module, _, name = target.rpartition(".")
    where, top = f"{path}.{TARGET}", target.split(".")[0]
    found: Any
    if module == TORCH:
        found = vars(torch.nn).get(name)
        if not isinstance(found, type) or not issubclass(found, nn.Module) or found is nn.Module:
            raise ConfigError(f"{where}: torch.nn has no module {name!r}{nearest(name, vars(torch.nn))}")
        return found
    if not is_admitted(target):
        function = any(word.split(".")[0] == top for word in admitted())
        raise ConfigError(
            f"{where}: {target!r} is not allowed here; expected a module of torch.nn, or one of your own or of an "
            f"installed package, admitted by name: --admit {target if function else top}"
        )
    home = import_own(module, path)
    found = getattr(home, name, None)  # the configuration gives the name
    is_class = isinstance(found, type) and issubclass(found, nn.Module)
    if not (is_class or isinstance(found, FunctionType)) or not at_home(found, top):
        raise ConfigError(
            f"{where}: {module} defines no class of torch.nn.Module, and no function, called {name!r}"
            f"{nearest(name, vars(home))}"
        )
    if is_class:
        return found
    if target not in admitted():
        raise ConfigError(f"{where}: {target} is a function, which is admitted by its full name only: --admit {target}")
    return found


def model_of(node: Mapping[str, Any], path: str) -> type[PlainModule]:
    """Return the class of a model made of the module that a node names.

    Args:
        node: node of the option; what it says for dlx (`PlainKeys`) has been checked.
        path: path of the node, for error messages.

    Raises:
        ConfigError: If the module is not admitted, cannot be given arguments by name, or a word for a size is unknown.
    """
    made = find_constructor(node.get(TARGET), path)
    said = {key: tuple(node[key]) if isinstance(node[key], list) else node[key] for key in OF_DLX if key in node}
    arguments = {key: value for key, value in node.items() if key not in (TARGET, *OF_DLX)}
    for key, value in arguments.items():
        for word in words_in(value):
            if word not in known_words():
                raise ConfigError(f"{path}.{key}: there is no {word}{nearest(word, known_words())}")
            if word.startswith("run.") and word != value:
                raise ConfigError(f"{path}.{key}: {word} is the value of an argument as a whole, not part of a list")
    wired = {key: value.removeprefix("run.") for key, value in arguments.items() if value in RUN_WORDS}
    clash = sorted({*wired.values()} & {*arguments} - {*wired})
    if clash:
        raise ConfigError(f"{path}.{clash[0]}: run.{clash[0]} is given to another argument; expected it here too")
    words = tuple(key for key, value in arguments.items() if any(words_in(value)))
    return adapted(made, tuple(arguments), words, tuple(wired.items()), tuple(said.items()), path)


@cache
def adapted(
    made: Callable[..., Any],
    names: tuple[str, ...],
    words: tuple[str, ...],
    wired: tuple[tuple[str, str], ...],
    said: tuple[tuple[str, Any], ...],
    path: str,
) -> type[PlainModule]:
    """Return a subclass of PlainModule whose keys are the arguments of a constructor.

    Args:
        made: class of a module, or function that returns one.
        names: names of the arguments that the option gives.
        words: those whose value stands for a size.
        wired: arguments that are given a value of the run, with its name.
        said: what the option says for dlx.
        path: path of the option, for error messages.

    Raises:
        ConfigError: If the constructor has an argument that cannot be given by name.
    """
    known = dict(arguments_of(made, path))
    rest = known.pop("**", None)
    if rest is not None:
        known |= {name: rest.replace(name=name) for name in names if name not in {*known, *OF_NETWORK}}
    first = [inspect.Parameter(name, BY_PLACE) for name in (SPEC, *sorted({name for _, name in wired}))]
    keys = [
        parameter.replace(annotation=Any) if parameter.name in words else parameter
        for name, parameter in known.items()
        if name not in dict(wired)
    ]
    for name, _ in wired:
        if name not in known:
            raise ConfigError(f"{path}.{name}: no such argument of {made.__name__}{nearest(name, known)}")

    def __init__(self: PlainModule, spec: DataSpec, **values: Any) -> None:  # noqa: N807
        PlainModule.__init__(self, spec, **values)

    __init__.__annotations__ = {parameter.name: parameter.annotation for parameter in keys}
    body = {
        "__init__": __init__,
        "__signature__": inspect.Signature([*first, *keys]),
        "__doc__": made.__doc__,
        "constructor": staticmethod(made),
        "wired": dict(wired),
        "said": PlainKeys(**dict(said)),
        "accepts": listed(dict(said)[ACCEPTS]),
        "gives": listed(dict(said).get("gives", PlainKeys.gives)),
    }
    return type(made.__name__, (PlainModule,), body)


def arguments_of(made: Callable[..., Any], path: str) -> Iterator[tuple[str, inspect.Parameter]]:
    """Yield name and keyword-only parameter of each argument of a constructor; `**` stands for any other name.

    Raises:
        ConfigError: If an argument cannot be given by name, or has the name of a key of dlx.
    """
    owner = f"{path}.{TARGET}: {made.__module__}.{made.__name__}"
    try:
        parameters = inspect.signature(made).parameters
    except ValueError:
        raise ConfigError(f"{owner} does not tell its arguments; write a function that calls it") from None
    try:
        hints = get_type_hints(made.__init__ if isinstance(made, type) else made, include_extras=True)  # type: ignore[misc]
    except Exception:  # annotations of the user can raise any exception
        hints = {}
    for name, parameter in parameters.items():
        if name == SPEC:
            raise ConfigError(
                f"{owner} asks for a spec, as a class for dlx does, which says in Python what it accepts; "
                f"leave {path}.{ACCEPTS} out of its YAML file"
            )
        if name in OF_DLX:
            raise ConfigError(f"{owner} has an argument {name}, which is a key of dlx; write a function around it")
        if parameter.kind is parameter.VAR_KEYWORD:
            yield "**", parameter.replace(kind=parameter.KEYWORD_ONLY, name="rest", annotation=Any)
        elif parameter.kind is parameter.POSITIONAL_ONLY and parameter.default is parameter.empty:
            raise ConfigError(f"{owner} takes {name} by position only; write a function that calls it")
        elif parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            kind = kind_of(hints.get(name), parameter.default)
            yield name, parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=kind)


def kind_of(hint: Any, default: Any) -> Any:
    """Return the kind of values that an argument accepts, or Any where its annotation and default leave it open."""
    kind = hint if get_origin(hint) is Annotated else plain(hint, ())
    if kind is None:
        return Any
    if default is None:
        return reduce(operator.or_, [kind, None])
    return kind if default is inspect.Parameter.empty or admits(kind, default) else Any


def listed(words: Any) -> tuple[Any, ...]:
    """Return one word or several as a tuple."""
    return (words,) if isinstance(words, str) else tuple(words)
