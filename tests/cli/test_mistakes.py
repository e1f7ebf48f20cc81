"""What people type wrongly, and what they are answered: before anything is trained, in one line, exit code 2."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from dlx.cli.main import main

# What is typed behind `dlx`, and what the answer must hold.
MISTAKES = [
    # commands and flags
    ("trian", "no such command; did you mean 'train'?"),
    ("foo bar", "no such command; choose from: ask, axes"),
    ("compare a b", "compare: no such command; did you mean dlx report?"),
    ("report --latex", "--latex: no such flag; did you mean --format latex?"),
    ("train --multrun", "--multrun: no such flag; did you mean '--multirun'?"),
    ("train model=mlp -z", "-z: no such flag"),
    ("train --cfg jobb", "--cfg: expected one of job, hydra, all, got 'jobb'"),
    ("train --cfg", "--cfg: expected one of job, hydra, all"),
    ("train --package optim", "--package: applies only to --cfg; add --cfg job"),
    ("train --resolve", "add --cfg job"),
    ("train --info foo", "foo: expected an override"),
    ("train --admit os model._target_=os.system", "--admit: expected the name of your own module"),
    ("train --admit", "--admit: expected the name of your own module (./NAME.py), of an installed package"),
    ("evaluate", "expected the folder of a run"),
    ("evaluate nowhere", "nowhere: there is no such folder"),
    ("evaluate .", "identity.json: is missing"),
    ("evaluate --foo .", "--foo: no such flag of dlx evaluate"),
    ("resume nowhere", "nowhere: there is no such folder"),
    ("resume .", "identity.json: is missing"),
    ("board nowhere", "nowhere: there is no such folder"),
    ("board .", "contains no runs with TensorBoard events"),
    ("board --port abc", "--port: expected a number from 1 to 65535, got 'abc'"),
    ("axes foo", "foo: no such group; choose from: act, activation"),
    ("axes optimzier", "optimzier: no such group; did you mean 'optimizer'?"),
    ("axes model=mpl", "model=mpl: no such model; did you mean 'mlp'?"),
    ("axes optimizer.lrr", "no option of optimizer has this key; did you mean 'lr'?"),
    ("axes --all", "--all: no such flag of dlx axes"),
    ("completion bsh", "no such shell; did you mean 'bash'?"),
    # grammar
    ("train lstm", "lstm: expected an override, group=option or key=value; did you mean model=lstm?"),
    ("train model", "did you mean model=...?"),
    ("train =3", "expected a key before the '='"),
    ("train model==mlp", "model==mlp: cannot be read as an override"),
    ("train model=[mlp", "model=[mlp: cannot be read as an override"),
    ("train model={a:1", "cannot be read as an override"),
    ("train -m model.depth=rnage(1,3)", "Unknown function 'rnage'"),
    ("train model=mlp model=lstm", "model: is given twice, as model=mlp and model=lstm"),
    ("train model.depth=2 model.depth=3", "model.depth: is given twice"),
    # groups and options
    ("train mdoel=mlp", "mdoel: no such group or key of a run; did you mean 'model'?"),
    ("train model=mpl", "model=mpl: no such model; did you mean 'mlp'?"),
    ("train optim=adma", "optimizer=adma: no such optimizer; did you mean 'adam'?"),
    ("train init=he", "initializer=he: no such initializer; did you mean 'he_normal' or 'he_uniform'?"),
    ("train optimizer=zzz", "optimizer=zzz: no such optimizer; choose from: "),
    ("train dataset=zzz", "(dlx axes dataset shows all "),
    ("train model=", "model: expected an option, got ''"),
    ("train model=3", "model: expected an option, got 3"),
    ("train model=null", "model: expected an option, got null"),
    ("train dataset=[digits,diabetes]", "dataset: expected one option, got a list"),
    ("train reg=[l2,dropuot]", "regularizer=dropuot: no such regularizer; did you mean 'dropout'?"),
    ("train ~reg", "~regularizer: every run has this; regularizer=none takes it away"),
    ("train ~optim", "~optimizer: every run has this; choose another with optimizer=..."),
    ("train hydra/launcher=jolib", "hydra/launcher=jolib: no such part of Hydra; did you mean 'joblib'?"),
    ("train exp=nothing", "experiment=nothing: no such experiment"),
    ("train -m exp=a,b", "experiment: one study a command"),
    ("train exp=a,b", "experiment: one study a command"),
    ("train sed=1", "sed: no such group or key of a run; did you mean 'seed'?"),
    ("train +foo=1", "foo: no such key of a run"),
    ("train noise_features=2", "noise_features: no such group or key of a run; did you mean dataset.noise_features?"),
    ("train weight_decay=1", "weight_decay: may mean regularizer.weight_decay.strength or optimizer.weight_decay"),
    ("train batchnorm", "expected an override, group=option or key=value; did you mean normalization=batch?"),
    ("train data=emnist", "dataset=emnist: no such dataset; dataset=mnist and dataset=fashion_mnist"),
    # keys
    ("train model.depht=3", "model.depht: no such key of MLP; did you mean 'depth'?"),
    ("train +model.depht=3", "model.depht: no such key of MLP; did you mean 'depth'?"),
    ("train model.depth.x=3", "model.depth.x: model.depth is a value and has no keys"),
    ("train optim.nesterov=true", "optimizer.nesterov: no such key of Adam; it is a key of"),
    ("train act.slope=1", "activation.slope: no such key of ReLU"),
    ("train dataset.batchsiz=3", "dataset.batchsiz: no such key of Digits; did you mean 'batch_size'?"),
    ("train trainer.tset=false", "trainer.tset: no such key of trainer; did you mean 'test'?"),
    ("train reg.l2.strenght=1", "regularizer.l2.strenght: no such key of L2; did you mean 'strength'?"),
    ("train diagnostics.gradients.every=5", "diagnostics.gradients: is not chosen; add diagnostics=gradients"),
    ("train ~model.depth", "model.depth: missing; MLP needs it (int > 0)"),
    ("train ~model.depht", "model.depht: no such key of MLP; did you mean 'depth'?"),
    ("train hydra.foo=1", "hydra.foo: no such key of Hydra's own configuration"),
    ("train hydra.run.dir=", "hydra.run.dir: expected a value, got nothing"),
    # types and ranges
    ("train trainer.max_epochs=abc", "trainer.max_epochs: expected int >= 0, got 'abc'"),
    ("train trainer.max_epochs=-1", "trainer.max_epochs: expected int >= 0, got -1"),
    ("train optim.lr=true", "optimizer.lr: expected float > 0, got true"),
    ("train optim.lr=-1", "optimizer.lr: expected float > 0, got -1"),
    ("train optim.lr=nan", "optimizer.lr: expected float > 0, got nan"),
    ("train optim.lr=1e39", "optimizer.lr: expected float > 0, got 1e+39; numbers go up to 3.4e38"),
    ("train model.width=1000000000000", "model=mlp: "),
    ("train trainer.threads=100000", "trainer.threads: expected at most"),
    ("train optim.lr=null", "optimizer.lr: needs a value (float > 0)"),
    ("train optim.betas=[0.9]", "optimizer.betas: expected list of float in [0, 1) (2 values), got [0.9]"),
    ("train optim.betas=[0.9,1.5]", "optimizer.betas: expected list of float in [0, 1) (2 values), got [0.9, 1.5]"),
    ("train model.depth=2.5", "model.depth: expected int > 0, got 2.5"),
    ("train model.depth=", "model.depth: expected int > 0, got ''"),
    ("train model.skip=1", "model.skip: expected bool, got 1"),
    ("train seed=-1", "seed: expected int >= 0, got -1"),
    ("train streams.init=0.5", "streams.init: expected int >= 0 or null, got 0.5"),
    ("train trainer.accelerator=tpu", "trainer.accelerator: expected auto|cpu|gpu|mps, got 'tpu'"),
    ("train trainer.accelerator=mps", "trainer.accelerator: this machine has no mps"),
    ("train trainer.precision=8", "trainer.precision: expected 32-true|64-true"),
    ("train reg=dropout reg.dropout.p=1", "regularizer.dropout.p: expected float in [0, 1), got 1"),
    ("train objective.loss=mea", "objective.loss: expected cross_entropy|"),
    ("train dataset.batch_size=0", "dataset.batch_size: expected int > 0 or null, got 0"),
    ("train optim.lr=0.1,0.2", "optimizer.lr=0.1,0.2: several values are a sweep: add -m"),
    ("train study=x", "study: expected mapping or null, got 'x'"),
    ("train 'model.depth=${foo}'", "model.depth: its value refers to something that is not there"),
    # sweeps: every run is checked before the first one starts
    ("train -m optim=sgd,adma", "optimizer=adma: no such optimizer; did you mean 'adam'?"),
    ("train -m optim.lr=0.1,-1", "optimizer.lr: expected float > 0, got -1 (in the run optimizer.lr=-1)"),
    ("train -m model.depth=range(0,3)", "model.depth: expected int > 0, got 0"),
    ("train model.depth=interval(1,3)", "is a range to draw values from; add -m (and --samples N, otherwise 20)"),
    ("train -m model.depht=1,2", "model.depht: no such key of MLP; did you mean 'depth'?"),
    # limits, and lists that are split or empty
    ("train -m seed=range(1000000000000)", "seed: expected at most 100,000 values in a sweep, got 1,000,000,000,000"),
    ("train -m seed=range(0)", "seed: range(0,0,1) has no value"),
    ("train -m seed=range(0,1,0)", "seed: expected a range with a step other than 0"),
    ("train -m act=sigmoid, relu", "a space splits the list; write it without: activation=sigmoid,relu"),
    ("train -m act=sigmoid,", "ends in a comma"),
    ("train --cfg job -m", "--cfg: excludes -m; give one of them"),
    ("train model.depth=" + "[" * 40, "at most 30 brackets"),
    ("train model.depth=" + "9" * 5000, "cannot be read as an override"),
    ("report " + "x" * 300, "x" * 40),
    ("study run dropout --seeds 0..1000000000000", "--seeds: expected at most 100,000 seeds"),
    ("study run dropout --jobs 1000000", "--jobs: expected at most 256"),
    # what does not go together
    ("train model=lstm dataset=diabetes", "try dataset=sunspots"),
    (
        "train augmentation=rotation augmentation.degrees=45",
        "augmentation.degrees: no such key of augmentation; did you mean augmentation.affine.degrees or "
        "augmentation.rotation.degrees or augmentation.shear.degrees?",
    ),
    ("train augmentation.noise.sd=1", "augmentation.noise: is not chosen; add augmentation=noise"),
    ("train model=cnn dataset=diabetes", "model=cnn needs images or sequences; the dataset gives vectors of 10"),
    ("train model=logistic dataset=diabetes", "model=logistic needs classes as targets"),
    ("train model=bernoulli dataset=digits", "model=bernoulli needs real numbers as targets; the data are images"),
    (
        "train model=bernoulli dataset=none objective=surface",
        "model=bernoulli needs vectors; the dataset gives none at all",
    ),
    ("train model=linear optim=closed_form objective.loss=mse scheduler=cosine", "scheduler=cosine: optimizer=closed"),
    ("train objective=classification dataset=diabetes", "try objective=regression"),
    (
        "train objective=forecasting",
        "forecasting needs the values that follow as targets; the data are images",
    ),
    ("train trainer.monitor=val/acuracy", "no such metric 'val/acuracy'; did you mean 'val/accuracy'?"),
    ("train optim=sgd optim.nesterov=true", "optimizer: Nesterov momentum requires a momentum"),
    ("train norm=batch dataset.batch_size=1", "dataset.batch_size: a training batch has one example"),
    ("train model.init_from=nowhere", "model.init_from: nowhere is not there"),
    ("train model=constant model.frozen=[1]", "model.frozen: expected []: this model has no weight layers"),
    ("train model.frozen=[hiden]", "model.frozen: no parameter is called 'hiden'; did you mean 'hidden'?"),
    ("train trainer.early_stopping=true", "did you mean regularizer=early_stopping or callbacks=early_stopping?"),
    # data
    ("train dataset=good.csv", "a file is dataset=csv dataset.path=good.csv dataset.target=COLUMN; dlx data describe"),
    (
        "train good.csv",
        "good.csv: expected an override, group=option or key=value; a file is dataset=csv dataset.path=",
    ),
    ("train dataset=./", "a folder of pictures is dataset=image_folder 'dataset.path=\"./\"'"),
    (
        "train dataset=sunspots dataset.context_length=400",
        "dataset.context_length: 400 past and 1 future values do not",
    ),
    ("train dataset.split=[0.8,0.2]", "dataset.split: expected three shares"),
    ("train dataset.split=[0.9,0,0.1]", "leaves no val example of 1797"),
    ("train dataset.limit=100000", "dataset.limit: expected at most the 1078 training examples"),
    ("train dataset=csv dataset.target=y", "dataset.path: needs a value (str); give it as dataset.path=..."),
    (
        "train model=gan dataset=text diagnostics=samples",
        "diagnostics.samples: needs a network that scores the next symbol at each step; try model=gru",
    ),
    (
        "train model=gan dataset=text objective=language_model",
        "language_model needs an output for each step of a sequence; try model=gru",
    ),
    ("train model=seq2seq_transformer diagnostics=latent", "diagnostics.latent: needs a code or features in front of"),
    ("train dataset=csv", "dataset.target: needs a value (str)"),
    (
        "train dataset=csv dataset.path=good.csv",
        "dataset.target: needs a value (str); give it as dataset.target=...; dlx data describe good.csv lists the col",
    ),
    ("train dataset=csv dataset.path=goof.csv dataset.target=y", "no file 'goof.csv'; did you mean 'good.csv'?"),
    ("train dataset=csv dataset.path=. dataset.target=y", "dataset.path: there is no file '.'"),
    ("train dataset=csv dataset.path=empty.csv dataset.target=y", "empty.csv is empty; expected a header line"),
    ("train dataset=csv dataset.path=header.csv dataset.target=a", "header.csv has a header but no rows"),
    ("train dataset=csv dataset.path=ragged.csv dataset.target=y", "ragged.csv, line 3: 2 cells, expected 3"),
    ("train dataset=csv dataset.path=word.csv dataset.target=y", "word.csv, line 22: column 'b' holds 'oops'"),
    (
        "train dataset=csv dataset.path=hole.csv dataset.target=y dataset.missing=refuse",
        "hole.csv, line 2: column 'b' is empty",
    ),
    ("train dataset=csv dataset.path=twice.csv dataset.target=y", "twice.csv, line 1: column name 'a' stands twice"),
    ("train dataset=csv dataset.path=binary.csv dataset.target=y", "binary.csv cannot be read as CSV"),
    ("train dataset=csv dataset.path=good.csv dataset.target=prize", "no column 'prize'; did you mean 'price'?"),
    ("train dataset=csv dataset.path=good.csv dataset.target=price dataset.features=[c]", "no column 'c'"),
    (
        "train dataset=csv dataset.path=semicolon.csv dataset.target=y dataset.delimiter=tab",
        "dataset.delimiter: semicolon.csv has a single",
    ),
    # classes that may not be built
    (
        "train model._target_=os.system",
        "model._target_: 'os.system' is not allowed here; expected a class of dlx.model",
    ),
    ("train model._target_=torch.nn.Linear", "model._target_: torch.nn.Linear needs `accepts: vector`"),
    ("train model._target_=dlx.paths.Path", "'dlx.paths.Path' is not allowed here"),
    ("train model._target_=dlx.model.mlp.nn", "is not a class of dlx.model.mlp"),
    ("train model._target_=dlx.model.mlp.MPL", "there is no class 'dlx.model.mlp.MPL'; did you mean 'MLP'?"),
    ("train optim._target_=torch.optim.Adamm", "there is no class 'torch.optim.Adamm'; did you mean 'Adam'?"),
    ("train optim._target_=torch.optim.Optimizer", "'torch.optim.Optimizer' is not a class of torch.optim"),
    ("train optim._target_=torch.optim.lr_scheduler.StepLR", "is not allowed here"),
    ("train model._target_=null", "model._target_: expected the dotted name of a class"),
    ("train model._target_=mine.Mine", "or your own module admitted by name (--admit MODULE)"),
    ("train --admit mine model._target_=mine.Mine", "there is no module 'mine' in"),
    ("train +hydra.callbacks.x._target_=os.system", "hydra.callbacks.x: is not allowed here; dlx has no callbacks"),
    ("train hydra.launcher._target_=os.system", "hydra.launcher._target_: 'os.system' is not allowed here"),
    ("train +hydra.job_logging.handlers.x.class=os.system", "expected a class of Python's logging"),
    ("train +hydra.job.env_set.DLX_ADMIT=os", "may be set in the shell only"),
]
FILES = {
    "good.csv": "a,b,price\n" + "".join(f"{n},{n * n},{n / 2 + 0.1}\n" for n in range(60)),
    "semicolon.csv": "a;y\n1;2\n",
    "empty.csv": "",
    "header.csv": "a,b\n",
    "ragged.csv": "a,b,y\n1,2,3\n1,2\n",
    "word.csv": "a,b,y\n" + "1,2,3.5\n" * 20 + "1,oops,3.5\n",
    "hole.csv": "a,b,y\n1,,3\n",
    "twice.csv": "a,a,y\n1,2,3\n",
    "binary.csv": "\udcff\udcfe\x00",
}


@pytest.fixture(autouse=True)
def tables(tmp_path: Path) -> Iterator[None]:
    """Lay the user's tables where the test stands; what is left behind there is a failure of the test."""
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    yield
    assert not (tmp_path / "outputs").exists(), "a run's folder was left behind"
    assert not list(tmp_path.rglob("summary.json")), "something was trained"


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Type a mistake and return the one line that answers it."""
    assert main(list(words)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("dlx: ")
    assert captured.err.count("\n") == 1, captured.err
    assert "Traceback" not in captured.err
    return captured.err


@pytest.mark.parametrize(("typed", "expected"), MISTAKES, ids=[typed for typed, _ in MISTAKES])
def test_answer(typed: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert expected in answer(capsys, *shlex.split(typed))


def test_there_are_at_least_sixty() -> None:
    assert len({typed for typed, _ in MISTAKES}) == len(MISTAKES) >= 60


@pytest.mark.parametrize("typed", ["train model.depht=3", "train -m optim.lr=0.1,-1", "trian", "evaluate nowhere"])
def test_the_process_says_no_more(typed: str) -> None:
    done = subprocess.run([sys.executable, "-m", "dlx", *shlex.split(typed)], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("dlx: ")
    assert done.stderr.count("\n") == 1


EVIL = (
    "from pathlib import Path\n\n\nclass Mine:\n    def __init__(self, *args, **keys):\n        Path('evil').touch()\n"
)


def own_option(tmp_path: Path, text: str, group: str = "model", name: str = "mine") -> None:
    """Write an option of the user's own."""
    (tmp_path / "conf" / group).mkdir(parents=True, exist_ok=True)
    (tmp_path / "conf" / group / f"{name}.yaml").write_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("_target_: os.system\ncommand: touch evil\n", "'os.system' is not allowed here"),
        ("_target_: mine.Mine\n", "'mine.Mine' is not allowed here"),
        ("_target_: subprocess.Popen\nargs: [touch, evil]\n", "is not allowed here"),
        ("a: [\n", "mine.yaml: cannot be read as YAML"),
        ("- a\n- b\n", "mine.yaml: expected keys and values"),
        ("defaults:\n  - override /dataset@_global_.dataset: sunspot\n_target_: dlx.model.mlp.MLP\n", "sunspots"),
        ("_target_: dlx.model.mlp.MLP\ndepth: 3\n", "model.width: missing; MLP needs it (int > 0)"),
    ],
)
def test_a_file_of_the_user(text: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text("from pathlib import Path\nPath('evil').touch()\n" + EVIL)
    own_option(tmp_path, text)
    assert expected in answer(capsys, "train", "model=mine")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 +\n", "mine cannot be imported: SyntaxError"),
        ("import no_such_library\n", "mine cannot be imported: No module named 'no_such_library'"),
        ("raise OSError('out')\n", "mine cannot be imported: OSError: out"),
        ("class Other: pass\n", "mine has no class 'Mine'; choose from: Other"),
        ("Mine = 3\n", "mine has no class 'Mine'"),
    ],
)
def test_the_users_admitted_code(
    code: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "mine.py").write_text(code)
    own_option(tmp_path, "_target_: mine.Mine\n")
    assert expected in answer(capsys, "train", "--admit", "mine", "model=mine")
    sys.modules.pop("mine", None)


def test_a_name_that_dlx_ships(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_option(tmp_path, "_target_: mine.Mine\n", name="mlp")
    message = answer(capsys, "train")
    assert str(tmp_path / "conf" / "model" / "mlp.yaml") in message
    assert "conf/model/mlp.yaml; give yours another name" in message


def test_an_experiment_that_brings_its_own_callbacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "experiments").mkdir()
    file = tmp_path / "experiments" / "evil.yaml"
    for mode in ("RUN", "MULTIRUN"):
        node = {"mode": mode, "callbacks": {"x": {"_target_": "os.system", "command": "touch evil"}}}
        file.write_text("# @package _global_\n" + json.dumps({"hydra": node}))
        assert f"{file}: hydra.callbacks: is set by a file" in answer(capsys, "train", "exp=evil")
        GlobalHydra.instance().clear()
    assert not (tmp_path / "evil").exists()
