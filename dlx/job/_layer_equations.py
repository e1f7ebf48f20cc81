"""The equations of dlx's own networks, written out in numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import scipy.signal

Weights = Mapping[str, np.ndarray]
Equation = Callable[[Weights, np.ndarray], np.ndarray]
EPS = 1e-5  # that of the normalizations in conf/normalization/


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def affine(w: Weights, layer: str, x: np.ndarray) -> np.ndarray:
    """Return W x + b for rows x (..., inputs)."""
    return x @ w[f"{layer}.weight"].T + w[f"{layer}.bias"]


def hidden_layers(w: Weights) -> list[str]:
    """Return the names of the hidden layers of a network, in order."""
    return sorted(
        name.removesuffix(".0.weight") for name in w if name.startswith("hidden.") and name.endswith(".0.weight")
    )


def mlp(w: Weights, x: np.ndarray) -> np.ndarray:
    """Multilayer perceptron with ReLU: y = W_n relu(... relu(W_1 x + b_1)) + b_n."""
    for layer in hidden_layers(w):
        x = np.maximum(affine(w, f"{layer}.0", x), 0)
    return affine(w, "output", x)


def residual(w: Weights, x: np.ndarray) -> np.ndarray:
    """Skip connections around layers of equal width: x + relu(W x + b) (He et al. 2016, eq. 1)."""
    for layer in hidden_layers(w):
        y = np.maximum(affine(w, f"{layer}.0", x), 0)
        x = x + y if x.shape == y.shape else y
    return affine(w, "output", x)


def normalized(w: Weights, x: np.ndarray, centered: bool) -> np.ndarray:
    """Return a ReLU network with layer or RMS normalization of each example."""
    for layer in hidden_layers(w):
        y = affine(w, f"{layer}.0", x)
        y = y - y.mean(-1, keepdims=True) if centered else y
        y = y / np.sqrt((y**2).mean(-1, keepdims=True) + EPS) * w[f"{layer}.1.weight"]
        x = np.maximum(y + w[f"{layer}.1.bias"] if centered else y, 0)
    return affine(w, "output", x)


def layer_norm(w: Weights, x: np.ndarray) -> np.ndarray:
    """Layer normalization: g (y - mean) / sd + b over the units of each example (Ba, Kiros & Hinton 2016, eq. 3)."""
    return normalized(w, x, True)


def rms_norm(w: Weights, x: np.ndarray) -> np.ndarray:
    """RMS normalization: g y / root mean square of the units of each example (Zhang & Sennrich 2019, eq. 4)."""
    return normalized(w, x, False)


def batch_norm(w: Weights, x: np.ndarray) -> np.ndarray:
    """Batch normalization in evaluation: gamma (y - m) / sqrt(v + eps) + beta with running m and v (Ioffe 2015)."""
    for layer in hidden_layers(w):
        norm = f"{layer}.1"
        y = (affine(w, f"{layer}.0", x) - w[f"{norm}.running_mean"]) / np.sqrt(w[f"{norm}.running_var"] + EPS)
        x = np.maximum(w[f"{norm}.weight"] * y + w[f"{norm}.bias"], 0)
    return affine(w, "output", x)


def maxout(w: Weights, x: np.ndarray) -> np.ndarray:
    """Maxout: each unit is the largest of two linear ones (Goodfellow et al. 2013, eq. 1)."""
    for layer in hidden_layers(w):
        y = affine(w, f"{layer}.0", x)
        x = np.maximum(y[:, 0::2], y[:, 1::2])
    return affine(w, "output", x)


def steps(w: Weights, x: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Return W x + b of a recurrent layer for all steps (time, examples, rows), and the function U h + c."""
    from_input = x.swapaxes(0, 1) @ w["recurrent.weight_ih_l0"].T + w["recurrent.bias_ih_l0"]
    return from_input, lambda h: h @ w["recurrent.weight_hh_l0"].T + w["recurrent.bias_hh_l0"]


def rnn(w: Weights, x: np.ndarray) -> np.ndarray:
    """Recurrent network: h_t = tanh(W x_t + b + U h_{t-1} + c) (Elman 1990)."""
    from_input, recur = steps(w, x)
    h = np.zeros((len(x), w["recurrent.weight_hh_l0"].shape[1]))
    for now in from_input:
        h = np.tanh(now + recur(h))
    return affine(w, "output", h)


def lstm(w: Weights, x: np.ndarray) -> np.ndarray:
    """LSTM: c_t = f c_{t-1} + i g, h_t = o tanh(c_t) (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""
    from_input, recur = steps(w, x)
    h = c = np.zeros((len(x), w["recurrent.weight_hh_l0"].shape[1]))
    for now in from_input:
        i, f, g, o = np.split(now + recur(h), 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return affine(w, "output", h)


def lstm_without_gates(w: Weights, x: np.ndarray) -> np.ndarray:
    """LSTM with all gates fixed open: c_t = c_{t-1} + tanh(W x_t + U h_{t-1}), h_t = tanh(c_t)."""
    from_input, recur = steps(w, x)
    h = c = np.zeros((len(x), w["recurrent.weight_hh_l0"].shape[1]))
    for now in from_input:
        c = c + np.tanh(now + recur(h))
        h = np.tanh(c)
    return affine(w, "output", h)


def gru(w: Weights, x: np.ndarray) -> np.ndarray:
    """GRU: h' = z h + (1 - z) tanh(W x + r (U h + c)) (Cho et al. 2014, in torch's form)."""
    from_input, recur = steps(w, x)
    h = np.zeros((len(x), w["recurrent.weight_hh_l0"].shape[1]))
    for now in from_input:
        (r, z, n), (r_h, z_h, n_h) = np.split(now, 3, axis=1), np.split(recur(h), 3, axis=1)
        z = sigmoid(z + z_h)
        h = z * h + (1 - z) * np.tanh(n + sigmoid(r + r_h) * n_h)
    return affine(w, "output", h)


def tdnn(w: Weights, x: np.ndarray) -> np.ndarray:
    """Time-delay network: the same ReLU network on each window of the sequence, averaged (Waibel et al. 1989)."""
    size = w["hidden.0.0.weight"].shape[2]
    found = []
    for begin in range(x.shape[1] - size + 1):
        window = x[:, begin : begin + size].swapaxes(1, 2).reshape(len(x), -1)
        for layer in hidden_layers(w):
            flat = w[f"{layer}.0.weight"].reshape(len(w[f"{layer}.0.bias"]), -1)
            window = np.maximum(window @ flat.T + w[f"{layer}.0.bias"], 0)
        found.append(window @ w["output.weight"][:, :, 0].T + w["output.bias"])
    return np.mean(found, axis=0)


def cnn(w: Weights, x: np.ndarray) -> np.ndarray:
    """Convolutional network: ReLU of sliding scalar products with zeros around the image, all values to the output."""
    for layer in hidden_layers(w):
        kernels, biases = w[f"{layer}.0.weight"], w[f"{layer}.0.bias"]
        x = np.stack([[slide(image, kernel) for kernel in kernels] for image in x]) + biases[:, None, None]
        x = np.maximum(x, 0)
    return affine(w, "output", x.reshape(len(x), -1))


def slide(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the sum over channels of scipy's correlation of an image (channels, height, width) with a kernel."""
    pairs = zip(image, kernel, strict=True)
    return np.sum([scipy.signal.correlate2d(channel, own, mode="same") for channel, own in pairs], axis=0)


def locally_connected(w: Weights, x: np.ndarray) -> np.ndarray:
    """A kernel of its own at each position, on the 3 x 3 pixels there (LeCun 1989)."""
    bias = w["hidden.0.0.bias"]  # (units, rows, columns)
    units, rows, columns = bias.shape
    kernels = w["hidden.0.0.weight"].reshape(units, rows, columns, -1)
    y = np.empty((len(x), *bias.shape))
    for row in range(rows):
        for column in range(columns):
            patch = x[:, :, row : row + 3, column : column + 3].reshape(len(x), -1)
            y[:, :, row, column] = patch @ kernels[:, row, column].T
    return affine(w, "output", np.maximum(y + bias, 0).reshape(len(x), -1))


EQUATIONS: dict[str, Equation] = {
    equation.__name__: equation
    for equation in (
        mlp, residual, layer_norm, rms_norm, batch_norm, maxout, rnn, lstm, lstm_without_gates, gru, tdnn, cnn,
        locally_connected,
    )
}  # fmt: skip
