// The activations that a matrix product can apply to its result, by a code that is one of its attributes.
#pragma once

#include "op.h"

namespace myelin {

enum class Activation : int {
  kLinear,
#define ACTIVATION(constant, name) constant,
#include "activations.def"
#undef ACTIVATION
};
constexpr const char* kActivationNames[] = {
    "linear",
#define ACTIVATION(constant, name) #name,
#include "activations.def"
#undef ACTIVATION
};
constexpr int kActivations = sizeof(kActivationNames) / sizeof(kActivationNames[0]);

// Null for kLinear.
inline Unary* activation_kernel(Activation activation, const KernelTable& kernels) {
  switch (activation) {
    case Activation::kLinear: return nullptr;
#define ACTIVATION(constant, name) \
  case Activation::constant: return kernels.name;
#include "activations.def"
#undef ACTIVATION
  }
  return nullptr;
}

}  // namespace myelin
