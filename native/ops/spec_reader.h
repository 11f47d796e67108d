// Reads the numbers of a spec from front to back, as JavaScript wrote them: anything may be in it.
#pragma once

#include <cstdint>

#include "op.h"

namespace myelin {

struct SpecReader {
  const double* at;
  const double* end;
  bool ok = true;  // false from the first number on that is out of range or behind the end

  int64_t left() const { return end - at; }

  double number() {
    if (at == end) ok = false;
    return ok ? *at++ : 0;
  }

  // A whole number in [0, max], max below 2^53.
  int64_t count(int64_t max) {
    const double d = number();
    if (!(d >= 0 && d <= static_cast<double>(max)) || d != static_cast<double>(static_cast<int64_t>(d))) ok = false;
    return ok ? static_cast<int64_t>(d) : 0;
  }

  // dtype, rank, dims...: a view without data whose dimensions, those of 0 left out, multiply to less than 2^43.
  bool shape(View* view) {
    view->dtype = static_cast<DType>(count(kDTypes - 1));
    view->rank = static_cast<int>(count(kMaxRank));
    double size = 1;
    for (int i = 0; i < view->rank; i++) {
      view->dims[i] = count(0xffffffff);
      if (view->dims[i] > 0) size *= static_cast<double>(view->dims[i]);
    }
    return ok && size < 8796093022208.0;
  }
};

}  // namespace myelin
