#include "strided_copy.h"
#include "words.h"

namespace myelin {
namespace {

int axis_of(const OpArgs& args) {
  const int axis = static_cast<int>(args.attr_int(0));
  return axis < 0 ? axis + args.out[0].rank : axis;
}

// attrs: axis, from -rank to rank - 1
const char* check(const OpArgs& args) {
  if (args.ins < 1 || args.outs != 1) return "takes at least one input and gives one output";
  const View& y = args.out[0];
  if (args.attr_count != 1 || !whole_attr(args, 0, -y.rank, y.rank - 1))
    return "axis is not one of the output's";
  const int axis = axis_of(args);
  int64_t along = 0;
  for (int k = 0; k < args.ins; k++) {
    const View& x = args.in[k];
    if (x.dtype != y.dtype) return words("dtype of input %d is not that of the output", k);
    if (x.rank != y.rank) return words("input %d has %d dimensions, not %d", k, x.rank, y.rank);
    for (int i = 0; i < y.rank; i++) {
      if (i != axis && x.dims[i] != y.dims[i])
        return words("input %d differs from the output in axis %d", k, i);
    }
    along += x.dims[axis];
  }
  if (along != y.dims[axis]) return "sizes along the axis do not add up to the output's";
  return nullptr;
}

const char* run(const OpArgs& args, Context& ctx) {
  const View& y = args.out[0];
  const int axis = axis_of(args);
  const int64_t bytes = dtype_bytes(y.dtype);
  int64_t at = 0;
  StridedCopy copy;
  copy.rank = y.rank;
  row_major(y, copy.to_stride);
  for (int k = 0; k < args.ins; k++) {
    const View& x = args.in[k];
    for (int i = 0; i < y.rank; i++) copy.dims[i] = x.dims[i];
    row_major(x, copy.from_stride);
    strided_copy(copy, static_cast<char*>(y.data) + at * copy.to_stride[axis] * bytes, x.data, bytes, ctx);
    at += x.dims[axis];
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_concat;
const OpDef op_concat = {"concat", check, run};

}  // namespace myelin
