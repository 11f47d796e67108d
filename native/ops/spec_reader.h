// Reads the numbers of a spec from front to back, as JavaScript wrote them: anything may be in it, and another thread may be
// writing it, so each is read once.
#pragma once

#include <cstdint>

#include "op.h"

namespace myelin {

struct SpecReader {
  const double* at;
  const double* end;
  bool ok = true;  // false from the first number on that is out of range or behind the end
  bool too_large = false;  // a shape has too many elements

  int64_t left() const { return end - at; }

  double number() {
    if (at == end) ok = false;
    return ok ? *static_cast<const volatile double*>(at++) : 0;
  }

  // A whole number in [0, max], max below 2^53.
  int64_t count(int64_t max) {
    const double d = number();
    if (!(d >= 0 && d <= static_cast<double>(max)) || d != static_cast<double>(static_cast<int64_t>(d))) ok = false;
    return ok ? static_cast<int64_t>(d) : 0;
  }

  // dtype, rank, dims...: a view without data.
  bool shape(View* view) {
    view->dtype = static_cast<DType>(count(kDTypes - 1));
    view->rank = static_cast<int>(count(kMaxRank));
    for (int i = 0; i < view->rank; i++) view->dims[i] = count(kMaxDim);
    if (ok && !fits(*view)) too_large = true;
    return ok && !too_large;
  }
};

}  // namespace myelin
