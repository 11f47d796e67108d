// The optimizers' rules, decided: which kernel, what it reads, how many slots belong to a parameter. Formulas are Keras
// 3's, and numbers that change from step to step are computed by the caller in double. The order of the rules is part of
// the contract with lib/graph.
//   sgd      numbers learningRate, momentum, nesterov. Slots: v if momentum is not 0
//   rmsprop  numbers learningRate, rho, epsilon, momentum, centered. Slots: v; m if momentum is not 0; a, the average
//            gradient, if centered
//   adam     numbers stepSize, beta1, beta2, epsilon, amsgrad. Slots: m, v; vhat if amsgrad
#pragma once

#include "op.h"

namespace myelin {

enum class Rule : int { kSgd, kRmsprop, kAdam };
constexpr int kRules = 3;
constexpr int kMostSlots = 3;
constexpr int kMostScalars = 5;

struct UpdateStep {
  Update* KernelTable::*kernel;
  int slots;
  float scalars[kMostScalars];
};

constexpr int update_numbers(Rule rule) { return rule == Rule::kSgd ? 3 : 5; }

inline const char* check_update_numbers(Rule rule, const double* numbers) {
  for (int i = 0; i < update_numbers(rule); i++)
    if (numbers[i] != numbers[i]) return "attributes must be numbers";
  return nullptr;
}

// 1 - x, rounded once.
inline float rest_of(double x) { return static_cast<float>(1.0 - x); }

inline UpdateStep update_step(Rule rule, const double* numbers) {
  const auto number = [&](int i) { return static_cast<float>(numbers[i]); };
  switch (rule) {
    case Rule::kSgd: {
      const bool momentum = numbers[1] != 0;
      return {!momentum           ? &KernelTable::sgd
              : numbers[2] != 0 ? &KernelTable::sgd_nesterov
                                : &KernelTable::sgd_momentum,
              momentum, {number(0), number(1)}};
    }
    case Rule::kRmsprop: {
      constexpr Update* KernelTable::*kKernels[2][2] = {
          {&KernelTable::rmsprop, &KernelTable::rmsprop_centered},
          {&KernelTable::rmsprop_momentum, &KernelTable::rmsprop_centered_momentum}};
      const bool momentum = numbers[3] != 0, centered = numbers[4] != 0;
      return {kKernels[momentum][centered],
              1 + momentum + centered,
              {number(0), number(1), rest_of(numbers[1]), number(2), number(3)}};
    }
    case Rule::kAdam: break;
  }
  const bool amsgrad = numbers[4] != 0;
  return {amsgrad ? &KernelTable::adam_amsgrad : &KernelTable::adam,
          2 + amsgrad,
          {number(0), rest_of(numbers[1]), rest_of(numbers[2]), number(3)}};
}

inline bool overlap(const View& a, const View& b) {
  const float* const x = a.f32();
  const float* const y = b.f32();
  return x != nullptr && y != nullptr && x < y + b.size() && y < x + a.size();
}

}  // namespace myelin
