// The optimizers' rules, decided: which kernel, what it reads, how many slots belong to a parameter. rules.def has the numbers of
// each. Behind them come those that all rules have: apply (0: nothing is done in this step), scale, limit, decay. The gradient is
// multiplied by scale and clipped to [-limit, limit]; the parameter loses its share decay before the rule acts.
#pragma once

#include "op.h"
#include "words.h"

namespace myelin {

enum class Rule : int {
#define RULE(constant, name, numbers) constant,
#include "rules.def"
#undef RULE
};
constexpr const char* kRuleNames[] = {
#define RULE(constant, name, numbers) #name,
#include "rules.def"
#undef RULE
};
constexpr int kRules = sizeof(kRuleNames) / sizeof(kRuleNames[0]);
constexpr int kMostSlots = 3;
constexpr int kCommonNumbers = 4;

// A rule's kernels: for a gradient in memory, and for one that is a product.
struct UpdateKernels {
  Update* KernelTable::*update;
  ProductUpdate* KernelTable::*product;
};

struct UpdateStep {
  UpdateKernels kernels;
  int slots;
  bool apply;
  UpdateScalars scalars;
};

// The numbers of the rule itself.
constexpr int rule_numbers(Rule rule) {
  constexpr int kNumbers[] = {
#define RULE(constant, name, numbers) numbers,
#include "rules.def"
#undef RULE
  };
  return kNumbers[static_cast<int>(rule)];
}

constexpr int update_numbers(Rule rule) { return rule_numbers(rule) + kCommonNumbers; }

// The attributes from `first` on are a rule's and the common ones: nullptr, or what is wrong.
inline const char* check_update_numbers(Rule rule, const OpArgs& args, int first) {
  const int own = rule_numbers(rule);
  for (int i = first; i < first + own + kCommonNumbers; i++)
    if (args.attrs[i] != args.attrs[i]) return "attributes must be numbers";
  const int kind = first + own - 1;
  if (rule == Rule::kSgd && !whole_attr(args, kind, 0, 2)) return "there is no such kind of momentum";
  if (rule == Rule::kRmsprop && !whole_attr(args, kind, 0, 3)) return "there is no such kind of RMSprop";
  if (rule == Rule::kAdam && !whole_attr(args, kind, 0, 1)) return "amsgrad must be 0 or 1";
  return whole_attr(args, first + own, 0, 1) ? nullptr : "apply must be 0 or 1";
}

inline UpdateStep update_step(Rule rule, const double* numbers) {
  const double* const common = numbers + rule_numbers(rule);
  const auto number = [&](int i) { return static_cast<float>(numbers[i]); };
  const auto rest = [&](int i) { return static_cast<float>(1.0 - numbers[i]); };
#define KERNELS(name) UpdateKernels{&KernelTable::name, &KernelTable::name##_product}
  const auto step = [&](UpdateKernels kernels, int slots, UpdateScalars scalars) {
    scalars.scale = static_cast<float>(common[1]);
    scalars.limit = static_cast<float>(common[2]);
    scalars.decay = static_cast<float>(common[3]);
    return UpdateStep{kernels, slots, common[0] != 0, scalars};
  };
  switch (rule) {
    case Rule::kSgd: {
      constexpr UpdateKernels kKinds[3] = {KERNELS(sgd), KERNELS(sgd_momentum), KERNELS(sgd_nesterov)};
      const int kind = static_cast<int>(numbers[2]);
      return step(kKinds[kind], kind > 0, {0, 0, 0, {number(0), number(1)}});
    }
    case Rule::kRmsprop: {
      constexpr UpdateKernels kKinds[4] = {KERNELS(rmsprop), KERNELS(rmsprop_momentum), KERNELS(rmsprop_centered),
                                           KERNELS(rmsprop_centered_momentum)};
      const int kind = static_cast<int>(numbers[4]);
      return step(kKinds[kind], 1 + (kind & 1) + (kind >> 1),
                  {0, 0, 0, {number(0), number(1), rest(1), number(2), number(3)}});
    }
    case Rule::kAdagrad: return step(KERNELS(adagrad), 1, {0, 0, 0, {number(0), number(1)}});
    case Rule::kAdadelta: return step(KERNELS(adadelta), 2, {0, 0, 0, {number(0), number(1), rest(1), number(2)}});
    case Rule::kAdamax: return step(KERNELS(adamax), 2, {0, 0, 0, {number(0), rest(1), number(2), number(3)}});
    case Rule::kNadam:
      return step(KERNELS(nadam), 2, {0, 0, 0, {number(0), number(1), number(2), rest(3), rest(4), number(5)}});
    case Rule::kLion: return step(KERNELS(lion), 1, {0, 0, 0, {number(0), number(1), rest(1), number(2), rest(2)}});
    case Rule::kAdam: break;
  }
  const bool amsgrad = numbers[4] != 0;
  return step(amsgrad ? KERNELS(adam_amsgrad) : KERNELS(adam), 2 + amsgrad,
              {0, 0, 0, {number(0), rest(1), rest(2), number(3)}});
#undef KERNELS
}

}  // namespace myelin
