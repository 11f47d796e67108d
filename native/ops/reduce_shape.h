// The attributes [outer, n, inner] of a reduction over one axis, or over neighbouring axes seen as one.
#pragma once

#include "words.h"

namespace myelin {

struct ReduceShape {
  int64_t outer = 0, n = 0, inner = 0;
};

inline const char* reduce_shape(const OpArgs& a, ReduceShape* shape) {
  if (a.ins != 1 || a.outs != 1 || a.attr_count != 3)
    return "expects one input, one output, and outer, n, inner";
  const View& x = a.in[0];
  for (int i = 0; i < 3; i++)
    if (!whole_attr(a, i, 0, int64_t{1} << 40)) return "outer, n and inner must be whole numbers";
  // As doubles, so that no product overflows; one that is not exact is above any array's size.
  if (a.attrs[0] * a.attrs[1] * a.attrs[2] != static_cast<double>(x.size()))
    return "outer * n * inner is not the input's size";
  if (a.attrs[0] * a.attrs[2] != static_cast<double>(a.out[0].size()))
    return "outer * inner is not the output's size";
  *shape = {a.attr_int(0), a.attr_int(1), a.attr_int(2)};
  return nullptr;
}

}  // namespace myelin
