// One element of an array of any dtype, for ops that read few of them.
#pragma once

#include "op.h"

namespace myelin {

inline double element_at(const View& v, int64_t i) {
  switch (v.dtype) {
    case DType::kFloat32:
      return v.f32()[i];
    case DType::kInt32:
      return v.i32()[i];
    default:
      return v.u8()[i];
  }
}

}  // namespace myelin
