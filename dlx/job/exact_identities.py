"""Exact mathematical statements, true or false."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from torch import Generator

from dlx.contracts.job import Job
from dlx.job.identities import activations, calculus, convolution, layers, probability, programs, sequence
from dlx.job.identities.check import Check

if TYPE_CHECKING:
    from dlx.run.trials import Trials

TOPICS: tuple[ModuleType, ...] = (activations, calculus, programs, convolution, layers, sequence, probability)
Name = Literal[
    "sigmoid_peak",
    "sigmoid_peak_is_0_3",
    "tanh_peak",
    "tanh_identity",
    "tanh_is_sigmoid_times_two_minus_one",
    "half_tanh_identity",
    "relu_grad",
    "identity_derivative",
    "activation_ranges",
    "tanh_is_zero_centred",
    "sigmoid_is_zero_centred",
    "softmax_shift",
    "softmax_sums_to_one",
    "sigmoids_sum_to_one",
    "sigmoid_decision",
    "sigmoid_step",
    "gelu_tail",
    "chain_rule",
    "partial_derivative",
    "autograd_fd",
    "backprop_by_hand",
    "backprop_without_local_derivatives",
    "gradient_step",
    "maximize_is_minimize_negative",
    "loss_per_dim",
    "linear_collapse",
    "weight_decay_is_squared_norm",
    "weight_decay_is_norm",
    "eager_vs_graph",
    "matmul_shapes",
    "sum_needs_equal_shapes",
    "index_from_zero",
    "building_a_graph_runs_nothing",
    "lines_only_build_a_graph",
    "forward_mode_is_reverse_mode",
    "column_minus_row_is_a_table",
    "column_minus_row_is_a_column",
    "broadcast_loss_asks_for_the_mean",
    "perceptron_learns_and",
    "perceptron_learns_xor",
    "closed_form_is_the_minimum",
    "largest_curvature_is_the_largest_eigenvalue",
    "best_feasible_is_on_the_border",
    "conv_equivariance",
    "conv_equivariance_zero_padding",
    "pooling_forgets_the_position",
    "conv1x1_is_linear",
    "sliding_filter",
    "sliding_filter_flips",
    "transposed_is_fractionally_strided",
    "transposed_is_the_adjoint",
    "transposed_overlap_even",
    "transposed_overlap_odd",
    "gram_shift_invariance",
    "filter_weights",
    "filter_weights_nine",
    "bilinear_upsampling_is_a_convolution",
    "bn_bias",
    "batch_norm_equation",
    "batch_norm_running_statistics",
    "layer_norm_batch_independence",
    "batch_norm_batch_independence",
    "bernoulli_mean",
    "dropout_is_off_in_evaluation",
    "feedforward_is_two_linear",
    "feedforward_is_one_linear",
    "residual_is_identity_plus",
    "unrolled_rnn",
    "lstm_equations",
    "gru_without_gates_is_the_rnn",
    "lstm_with_fixed_gates_is_an_rnn",
    "causal_jacobian",
    "causal_jacobian_bidirectional",
    "window_slides_like_a_convolution",
    "window_shuffle",
    "window_inside_shuffle",
    "mean_forgets_order",
    "convolution_forgets_order",
    "convolution_loses_the_past",
    "self_attention_equivariance",
    "causal_attention_equivariance",
    "bayes_theorem",
    "ridge_is_gaussian_map",
    "lasso_is_laplace_map",
    "mse_is_gaussian_mle",
    "bce_is_bernoulli_mle",
    "beta_prior_is_map",
    "odds_ratio",
    "logit_inverts_sigmoid",
    "mse_is_variance_plus_squared_bias",
    "mse_is_variance_plus_bias",
    "cross_entropy_is_kl_plus_entropy",
]


class ExactIdentities(Job):
    """Check of one mathematical statement: the difference of its two sides on random numbers in double precision.

    Reports `error`, the largest difference of the two sides; `tolerance`, the largest error that rounding explains;
    `holds`, 1 or 0; and `value` if the statement is about one number. The docstrings of the functions in
    dlx/job/identities/ state what is checked. Those marked "myth" are often claimed and do not hold. Model and data of
    the configuration are not used.

    Args:
        check: name of the statement.

    Example:
        dlx train -m job=exact_identities job.check=sigmoid_peak,tanh_identity,softmax_shift
    """

    stands_alone = True

    def __init__(self, *, check: Name) -> None:
        self.check_name = check

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return error, tolerance, verdict and value."""
        random = Generator().manual_seed(trials.seed(self.check_name))
        found: Check = checks()[self.check_name](random)
        result = {"error": found.error, "tolerance": found.tolerance, "holds": float(found.error <= found.tolerance)}
        return result if found.value is None else {**result, "value": float(found.value)}


def checks() -> dict:
    """Return all checks by name."""
    return {
        name: function
        for topic in TOPICS
        for name, function in vars(topic).items()
        if inspect.isfunction(function) and function.__module__ == topic.__name__ and not name.startswith("_")
    }
