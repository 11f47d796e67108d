// The gradient of a penalty on a parameter, a multiple of the parameter itself, added where the whole gradient is read, so that
// it is never written to memory. Ops say in their last attributes which of their parameters have one, in ascending order.
#pragma once

#include "op.h"
#include "words.h"

namespace myelin {

// The attributes from `first` on are numbers below `most`, each above the last: nullptr, or what is wrong.
inline const char* check_penalized(const OpArgs& a, int first, int most) {
  for (int i = first; i < a.attr_count; i++) {
    if (!whole_attr(a, i, 0, most - 1)) return "a penalty is on no parameter";
    if (i > first && a.attrs[i] <= a.attrs[i - 1]) return "penalties must be in the order of their parameters";
  }
  return nullptr;
}

inline bool is_coefficient(const View& x) { return x.is_float() && x.size() == 1; }

}  // namespace myelin
