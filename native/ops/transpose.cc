// broadcastTo and transpose: arrays read with other strides than their own.
#include "strided_copy.h"
#include "words.h"

namespace myelin {
namespace {

const char* check_pair(const OpArgs& args) {
  if (args.ins != 1 || args.outs != 1) return "takes one input and gives one output";
  if (args.in[0].dtype != args.out[0].dtype) return "input and output must have the same dtype";
  return nullptr;
}

// in dims, aligned to the right, are those of out or 1; no attrs
const char* check_broadcast(const OpArgs& args) {
  if (const char* wrong = check_pair(args)) return wrong;
  const View &x = args.in[0], &y = args.out[0];
  if (args.attr_count != 0) return "takes no attributes";
  if (x.rank > y.rank) return "the output has fewer dimensions than the input";
  for (int i = 0; i < x.rank; i++) {
    if (x.dims[i] != 1 && x.dims[i] != y.dims[i + y.rank - x.rank]) return "shapes cannot be broadcast";
  }
  return nullptr;
}

const char* run_broadcast(const OpArgs& args, Context& ctx) {
  const View &x = args.in[0], &y = args.out[0];
  int64_t x_stride[kMaxRank];
  row_major(x, x_stride);
  StridedCopy copy;
  copy.rank = y.rank;
  row_major(y, copy.to_stride);
  for (int i = 0; i < y.rank; i++) {
    const int axis = i - (y.rank - x.rank);
    copy.dims[i] = y.dims[i];
    copy.from_stride[i] = axis < 0 || x.dims[axis] == 1 ? 0 : x_stride[axis];
  }
  strided_copy(copy, y.data, x.data, dtype_bytes(x.dtype), ctx);
  return nullptr;
}

// attrs: the input axis of each output axis
const char* check_transpose(const OpArgs& args) {
  if (const char* wrong = check_pair(args)) return wrong;
  const View &x = args.in[0], &y = args.out[0];
  if (args.attr_count != x.rank || y.rank != x.rank) return "the permutation must name each axis once";
  unsigned seen = 0;
  for (int i = 0; i < x.rank; i++) {
    if (!whole_attr(args, i, 0, x.rank - 1)) return "the permutation must name each axis once";
    const int axis = static_cast<int>(args.attr_int(i));
    seen |= 1u << axis;
    if (y.dims[i] != x.dims[axis]) return "the output does not have the permuted shape";
  }
  if (seen != (1u << x.rank) - 1) return "the permutation must name each axis once";
  return nullptr;
}

const char* run_transpose(const OpArgs& args, Context& ctx) {
  const View &x = args.in[0], &y = args.out[0];
  int64_t x_stride[kMaxRank];
  row_major(x, x_stride);
  StridedCopy copy;
  copy.rank = y.rank;
  row_major(y, copy.to_stride);
  for (int i = 0; i < y.rank; i++) {
    copy.dims[i] = y.dims[i];
    copy.from_stride[i] = x_stride[args.attr_int(i)];
  }
  strided_copy(copy, y.data, x.data, dtype_bytes(x.dtype), ctx);
  return nullptr;
}

}  // namespace

extern const OpDef op_broadcastTo, op_transpose;
const OpDef op_broadcastTo = {"broadcastTo", check_broadcast, run_broadcast};
const OpDef op_transpose = {"transpose", check_transpose, run_transpose};

}  // namespace myelin
