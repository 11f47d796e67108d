// Arrays that are computed from nothing: fill, arange, eye, oneHot.
#include <cmath>

#include "strided_copy.h"
#include "words.h"

namespace myelin {
namespace {

// attrs: value
const char* check_fill(const OpArgs& args) {
  if (args.ins != 0 || args.outs != 1 || args.attr_count != 1) return "takes a value and gives one output";
  uint32_t bits;
  if (!item_bits(args.attrs[0], args.out[0].dtype, &bits)) return "the dtype cannot hold the value";
  return nullptr;
}

const char* run_fill(const OpArgs& args, Context& ctx) {
  const View& y = args.out[0];
  uint32_t bits = 0;
  item_bits(args.attrs[0], y.dtype, &bits);
  fill_items(y.data, y.size(), dtype_bytes(y.dtype), bits, ctx);
  return nullptr;
}

// attrs: start, step. Both ends of an int32 range must be int32, and its start and step whole.
const char* check_arange(const OpArgs& args) {
  if (args.ins != 0 || args.outs != 1 || args.attr_count != 2)
    return "takes start and step and gives one output";
  const View& y = args.out[0];
  if (y.is_float()) return nullptr;
  if (y.dtype != DType::kInt32) return "the output must be float32 or int32";
  const double last = args.attrs[0] + static_cast<double>(y.size() - 1) * args.attrs[1];
  uint32_t bits;
  if (y.size() == 0) return nullptr;
  if (!item_bits(args.attrs[0], y.dtype, &bits) || !item_bits(last, y.dtype, &bits) ||
      args.attrs[1] != std::floor(args.attrs[1])) {
    return "the range does not consist of int32 numbers";
  }
  return nullptr;
}

const char* run_arange(const OpArgs& args, Context&) {
  const View& y = args.out[0];
  const double start = args.attrs[0], step = args.attrs[1];
  const int64_t n = y.size();
  if (y.is_float()) {
    for (int64_t i = 0; i < n; i++) y.f32()[i] = static_cast<float>(start + static_cast<double>(i) * step);
  } else {
    for (int64_t i = 0; i < n; i++) y.i32()[i] = static_cast<int32_t>(start + static_cast<double>(i) * step);
  }
  return nullptr;
}

// out is [n, n]
const char* check_eye(const OpArgs& args) {
  if (args.ins != 0 || args.outs != 1 || args.attr_count != 0) return "takes nothing and gives one output";
  const View& y = args.out[0];
  if (y.rank != 2 || y.dims[0] != y.dims[1]) return "the output must be a square matrix";
  return nullptr;
}

const char* run_eye(const OpArgs& args, Context& ctx) {
  const View& y = args.out[0];
  const int64_t n = y.dims[0], bytes = dtype_bytes(y.dtype);
  uint32_t one = 0;
  item_bits(1.0, y.dtype, &one);
  fill_items(y.data, n * n, bytes, 0, ctx);
  for (int64_t i = 0; i < n; i++) {
    if (bytes == 4)
      static_cast<uint32_t*>(y.data)[i * (n + 1)] = one;
    else
      y.u8()[i * (n + 1)] = 1;
  }
  return nullptr;
}

// in [...] of class numbers, out [..., depth]; attrs: depth, on value, off value
const char* check_one_hot(const OpArgs& args) {
  if (args.ins != 1 || args.outs != 1 || args.attr_count != 3) {
    return "takes class numbers and depth, on value and off value, and gives one output";
  }
  const View &x = args.in[0], &y = args.out[0];
  if (x.dtype == DType::kBool) return "class numbers must be int32, uint8 or float32";
  if (!y.is_float()) return "the output must be float32";
  if (!whole_attr(args, 0, 0, int64_t{1} << 31)) return "depth must be a whole number";
  if (y.rank != x.rank + 1 || y.dim(-1) != args.attr_int(0))
    return "the output must have the input's shape and depth";
  for (int i = 0; i < x.rank; i++)
    if (x.dims[i] != y.dims[i]) return "the output must have the input's shape and depth";
  return nullptr;
}

const char* run_one_hot(const OpArgs& args, Context& ctx) {
  const View &x = args.in[0], &y = args.out[0];
  const int64_t n = x.size(), depth = args.attr_int(0);
  uint32_t off = 0;
  item_bits(args.attrs[2], y.dtype, &off);
  fill_items(y.data, n * depth, 4, off, ctx);
  for (int64_t i = 0; i < n; i++) {
    const double label = x.is_float()               ? static_cast<double>(x.f32()[i])
                         : x.dtype == DType::kInt32 ? static_cast<double>(x.i32()[i])
                                                    : static_cast<double>(x.u8()[i]);
    if (!(label >= 0 && label < static_cast<double>(depth) && label == std::floor(label))) {
      return words("class number %g at position %lld is not a whole number from 0 to %lld", label,
                   static_cast<long long>(i), static_cast<long long>(depth - 1));
    }
    y.f32()[i * depth + static_cast<int64_t>(label)] = args.attr(1);
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_fill, op_arange, op_eye, op_oneHot;
const OpDef op_fill = {"fill", check_fill, run_fill};
const OpDef op_arange = {"arange", check_arange, run_arange};
const OpDef op_eye = {"eye", check_eye, run_eye};
const OpDef op_oneHot = {"oneHot", check_one_hot, run_one_hot};

}  // namespace myelin
