"""Attacks by a pasted command line: classes, functions, names of options, Hydra's own node, interpolations."""

from __future__ import annotations

from tests.attacks.attack import Attack

TARGETS = {
    "a function of the system": "os.system",
    "a class of subprocess": "subprocess.Popen",
    "a builtin": "builtins.exec",
    "a module of the working folder": "evil.Evil",
    "a function of the working folder": "evil.touch",
    "a class that an option's module only imports": "dlx.model.mlp.nn.Module",
    "a module of dlx that is no option": "dlx.run.run.run",
    "torch's loader": "torch.load",
    "joblib's loader": "joblib.load",
    "an alias of a module inside torch": "torch.os.system",
    "a path": "../evil.Evil",
    "nothing": "",
}
LAYERS = ("Linear", "Conv2d", "Sequential", "DataParallel", "Transformer", "MultiheadAttention", "ModuleList", "LSTM")
GROUPS = (
    "normalization",
    "initializer",
    "scheduler",
    "objective",
    "job",
    "transfer",
    "regularizer.l2",
    "trainer",
)
OPTION_FILE = {"more/m.yaml": "# @package _global_\nhydra: {callbacks: {x: {_target_: evil.touch}}}\n"}
NAMES = {
    "a path upwards": "UPWARD/more/m",
    "a path upwards with its ending": "UPWARD/more/m.yaml",
    "an absolute path": "HERE/more/m",
    "a path through an option": "mlp/../UPWARD/more/m",
    "a path inside the group": "./mlp",
    "a folder": "..",
    "the group's own folder": ".",
    "an option with its ending": "mlp.yaml",
    "fullwidth letters": "'\uff4d\uff4c\uff50'",
    "a look-alike of a slash": "'..\u2215more\u2215m'",
    "a backslash": r"'..\more\m'",
    "a space": "'mlp '",
    "a null byte": "'mlp\0'",
    "a line break": "'mlp\n'",
    "nothing": "",
    "quotes": "''",
    "the name of a file that is no option": "_neutral",
    "a scheme": "'file://HERE/more/m'",
}
HYDRA = {
    "callbacks": "+hydra.callbacks.x._target_=evil.touch",
    "callbacks as a mapping": "+hydra.callbacks.x={_target_:evil.touch}",
    "callbacks by force": "++hydra.callbacks.x._target_=evil.touch",
    "the whole node": "+hydra={callbacks:{x:{_target_:evil.touch}}}",
    "an option in its callbacks": "+model@hydra.callbacks.x=mlp",
    "an option in its launcher": "model@hydra.launcher=mlp",
    "callbacks by an interpolation": "hydra.callbacks='${model}'",
    "a launcher": "hydra.launcher._target_=evil.Evil",
    "a launcher by an interpolation": "hydra.launcher._target_='${model._target_}'",
    "a sweeper": "hydra.sweeper._target_=evil.Evil",
    "a logging handler": "+hydra.job_logging.handlers.x.class=evil.Evil",
    "a logging handler below logging": "+hydra.job_logging.handlers.x.class=logging.io.open",
    "a logging factory": "+hydra.hydra_logging.formatters.x.()=evil.touch",
    "an external object": "+hydra.job_logging.handlers.x.stream=ext://evil.touch",
    "a variable that admits": "+hydra.job.env_set.DLX_ADMIT=evil",
    "a variable of Python": "+hydra.job.env_set.PYTHONSTARTUP=evil.py",
}
SECRETS = {
    "a key": "model.width='${oc.env:DLX_TEST_SECRET}'",
    "a key with a default": "dataset='${oc.env:DLX_TEST_SECRET,digits}'",
    "a decoded key": "model.width='${oc.decode:${oc.env:DLX_TEST_SECRET}}'",
    "a created node": "+study='${oc.create:{a: ${oc.env:DLX_TEST_SECRET}}}'",
    "a name within a name": "model.width='${oc.env:DLX_${oc.decode:TEST}_SECRET}'",
    "a class": "model._target_='${oc.env:DLX_TEST_SECRET}'",
    "Hydra's folder": "hydra.run.dir='${oc.env:DLX_TEST_SECRET}'",
}
ATTACKS = [
    *(
        Attack(f"{what} as a class of {group}", ("train", f"{group}._target_='{target}'"), f"{group}._target_")
        for group in ("model", "optimizer", "activation", "dataset")
        for what, target in TARGETS.items()
    ),
    *(
        Attack(f"a module of the working folder as a class of {group}", ("train", f"++{group}._target_=evil.Evil"), "")
        for group in GROUPS
    ),
    *(
        Attack(f"torch.nn.{layer} as an activation", ("train", f"activation._target_=torch.nn.{layer}"), "activation")
        for layer in LAYERS
    ),
    *(
        Attack(f"a key {key} of a model", ("train", f"+model.{key}={value}"), f"model.{key}: no such key")
        for key, value in {"_args_": "[1]", "_partial_": "true", "_recursive_": "true", "_convert_": "all"}.items()
    ),
    *(
        Attack(f"{what} as the name of an option", ("train", f"model={name}"), "model", files=OPTION_FILE)
        for what, name in NAMES.items()
    ),
    *(
        Attack(f"a path upwards as {word}", ("train", word.replace("PATH", "UPWARD/more/m")), "", files=OPTION_FILE)
        for word in (
            "+model@other=PATH",
            "regularizer=[PATH]",
            "trainer=PATH",
            "dataset=PATH",
            "experiment=PATH",
            "discriminator.optimizer=PATH",
            "model=PATH,mlp",
            "+hydra/callbacks=PATH",
            "hydra/launcher=PATH",
            "model=glob(PATH)",
            "+x/y=PATH",
            "initializer='PATH'",
            "+../more=m",
            "+/model@_global_=PATH",
        )
    ),
    *(Attack(f"Hydra's {what} on the line", ("train", word), "hydra") for what, word in HYDRA.items()),
    *(Attack(f"Hydra's {what} on the line of a sweep", ("train", "-m", word), "hydra") for what, word in HYDRA.items()),
    *(
        Attack(f"the environment in {what} ({flags})", ("train", *flags.split(), word), "oc.env")
        for what, word in SECRETS.items()
        for flags in ("", "-m", "--cfg job --resolve")
        if not (flags == "-m" and "hydra.run.dir" in word)  # a sweep does not read it
        if not (flags.startswith("--cfg") and "hydra" in word)
    ),
    Attack("a module with a path admitted", ("train", "--admit", "../evil"), "--admit"),
    Attack("a module of Python admitted", ("train", "--admit", "os", "model._target_=os.system"), "--admit"),
    Attack("a part of a package admitted", ("train", "--admit", "torch.os"), "--admit"),
    Attack("a path to a function admitted", ("train", "--admit", "evil.Evil/../x"), "--admit"),
    *(
        Attack(
            f"{target} as a module", ("train", f"model._target_={target}", "+model.accepts=vector"), "model._target_"
        )
        for target in ("evil.Evil", "evil.touch", "os.system", "torch.load", "torch.nn.init.warnings", "torch.hub.load")
    ),
    Attack(
        "a look-alike of an admitted module", ("train", "--admit", "evi", "model._target_=evil.Evil"), "not allowed"
    ),
]
