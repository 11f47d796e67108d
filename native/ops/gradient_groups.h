// The inputs of an op that reads gradients, as lib/ops/gradient-groups.ts puts them one after the other:
//   groups     of one size: a gradient alone; or a parameter, its gradient and its slots
//   factors    if the attribute `scaled` is 1: by what the gradients are multiplied, one for each group or one for all
//   penalties  for each of the attributes behind it, the numbers of some groups in ascending order: the parameter w, unless it is in
//              the group, and a coefficient. The gradient is g + coefficient * w; it is added where the gradient is read, so that the
//              sum is never written to memory
#pragma once

#include "op.h"
#include "words.h"

namespace myelin {

struct Penalty {
  const View* parameter = nullptr;  // nullptr: there is none
  const View* coefficient = nullptr;
};

class GradientGroups {
 public:
  const int size;  // of a group, in inputs
  const int penalties;
  const int count;  // of groups

  // `first` is the place of the attribute `scaled`, and there is such an attribute.
  GradientGroups(const OpArgs& args, int first, int group_size)
      : size(group_size),
        penalties(args.attr_count - first - 1),
        count(grouped(args, first, group_size) / group_size),
        args_(args),
        first_(first) {}

  // nullptr, or what is wrong. All else is for arguments that were found right.
  const char* check() const {
    if (!whole_attr(args_, first_, 0, 1)) return "scaled must be 0 or 1";
    const int inputs = grouped(args_, first_, size);
    if (inputs < 0 || inputs % size != 0) return "every gradient needs what belongs to it, every penalty its coefficient";
    for (int k = 0; k < penalties; k++) {
      const int attr = first_ + 1 + k;
      if (!whole_attr(args_, attr, 0, count - 1)) return "a penalty is on no parameter";
      if (k > 0 && args_.attrs[attr] <= args_.attrs[attr - 1])
        return "penalties must be in the order of their parameters";
      const auto [parameter, coefficient] = penalty(k);
      if (!parameter->is_float() || parameter->size() != gradient(group_of(k)).size())
        return "a gradient is not of its parameter's size";
      if (!coefficient->is_float() || coefficient->size() != 1) return "a coefficient must be one float32";
    }
    if (factors() == nullptr) return nullptr;
    if (!factors()->is_float()) return "the factors must be float32";
    return factors()->size() == 1 || factors()->size() == count ? nullptr : "expects one factor, or one for each parameter";
  }

  const View* group(int i) const { return args_.in + i * size; }
  const View& gradient(int i) const { return group(i)[size == 1 ? 0 : 1]; }
  // nullptr: none.
  const View* factors() const { return args_.attrs[first_] != 0 ? args_.in + count * size : nullptr; }

  // The group that penalty k belongs to.
  int group_of(int k) const { return static_cast<int>(args_.attr_int(first_ + 1 + k)); }
  Penalty penalty(int k) const {
    const View* const last = args_.in + args_.ins - (penalties - 1 - k) * inputs_of_penalty(size) - 1;
    return {size == 1 ? last - 1 : group(group_of(k)), last};
  }
  // The penalty of group i, where groups are asked for in ascending order and `next` counts the penalties that were found.
  Penalty penalty_of(int i, int* next) const {
    return *next < penalties && group_of(*next) == i ? penalty((*next)++) : Penalty();
  }

 private:
  static int inputs_of_penalty(int size) { return size == 1 ? 2 : 1; }
  // Inputs that stand in groups; below 0 where there are too few for the penalties.
  static int grouped(const OpArgs& args, int first, int size) {
    return args.ins - (args.attrs[first] != 0) - (args.attr_count - first - 1) * inputs_of_penalty(size);
  }

  const OpArgs& args_;
  const int first_;
};

}  // namespace myelin
