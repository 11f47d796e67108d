// The activations that a matrix product can apply to its result, as an attribute. The numbers are part of the contract
// with lib/ops and lib/graph.
#pragma once

#include "op.h"

namespace myelin {

enum class Activation : int { kNone, kRelu, kLeakyRelu, kElu, kSelu, kSigmoid, kTanh, kSoftplus, kGelu };
constexpr int kActivations = 9;

// Null for kNone. leakyRelu's only attribute is negativeSlope, elu's alpha; the others have none.
inline Unary* activation_kernel(Activation activation, const KernelTable& kernels) {
  switch (activation) {
    case Activation::kNone: return nullptr;
    case Activation::kRelu: return kernels.relu;
    case Activation::kLeakyRelu: return kernels.leakyRelu;
    case Activation::kElu: return kernels.elu;
    case Activation::kSelu: return kernels.selu;
    case Activation::kSigmoid: return kernels.sigmoid;
    case Activation::kTanh: return kernels.tanh;
    case Activation::kSoftplus: return kernels.softplus;
    case Activation::kGelu: return kernels.gelu;
  }
  return nullptr;
}

}  // namespace myelin
