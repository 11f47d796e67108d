// slice and pad: a box of one array is the whole of another.
#include "strided_copy.h"
#include "words.h"

namespace myelin {
namespace {

const char* check_pair(const OpArgs& args) {
  if (args.ins != 1 || args.outs != 1) return "takes one input and gives one output";
  if (args.in[0].dtype != args.out[0].dtype) return "input and output must have the same dtype";
  if (args.in[0].rank != args.out[0].rank) return "input and output must have the same number of dimensions";
  return nullptr;
}

int64_t stride_of(const OpArgs& args, int axis, int rank) {
  return args.attr_count == rank ? 1 : args.attr_int(rank + axis);
}

// attrs: begin per axis, optionally stride per axis (negative ones walk backwards). Both ends of a nonempty
// `part` must lie in `whole`.
const char* check_box(const OpArgs& args, const View& whole, const View& part) {
  const int rank = whole.rank;
  if (args.attr_count != rank && args.attr_count != 2 * rank)
    return "needs a begin, or a begin and a stride, per axis";
  for (int i = 0; i < rank; i++) {
    if (!whole_attr(args, i, 0, whole.dims[i])) return words("begin of axis %d is not in the array", i);
    if (args.attr_count == 2 * rank) {
      const int64_t limit = int64_t{1} << 31;
      if (!whole_attr(args, rank + i, -limit, limit) || args.attrs[rank + i] == 0) {
        return words("stride of axis %d must be a whole number other than 0", i);
      }
    }
    if (part.dims[i] == 0) continue;
    const double begin = args.attrs[i];
    const double last =
        begin + static_cast<double>(part.dims[i] - 1) * static_cast<double>(stride_of(args, i, rank));
    const double size = static_cast<double>(whole.dims[i]);
    if (!(begin < size && last >= 0 && last < size)) return words("axis %d of the slice leaves the array", i);
  }
  return nullptr;
}

// The strides with which `part` lies in `whole`, and the offset of its first item.
int64_t box(const OpArgs& args, const View& whole, const View& part, int64_t strides[kMaxRank]) {
  row_major(whole, strides);
  int64_t offset = 0;
  for (int i = 0; i < part.rank; i++) {
    offset += args.attr_int(i) * strides[i];
    strides[i] *= stride_of(args, i, part.rank);
  }
  return offset;
}

const char* check_slice(const OpArgs& args) {
  if (const char* wrong = check_pair(args)) return wrong;
  return check_box(args, args.in[0], args.out[0]);
}

const char* run_slice(const OpArgs& args, Context& ctx) {
  const View &x = args.in[0], &y = args.out[0];
  if (y.size() == 0) return nullptr;
  const int64_t bytes = dtype_bytes(x.dtype);
  StridedCopy copy;
  copy.rank = y.rank;
  for (int i = 0; i < y.rank; i++) copy.dims[i] = y.dims[i];
  row_major(y, copy.to_stride);
  const int64_t offset = box(args, x, y, copy.from_stride);
  strided_copy(copy, y.data, static_cast<const char*>(x.data) + offset * bytes, bytes, ctx);
  return nullptr;
}

// Writes the input into the box of the output.
void insert(const OpArgs& args, Context& ctx) {
  const View &x = args.in[0], &y = args.out[0];
  if (x.size() == 0) return;
  const int64_t bytes = dtype_bytes(x.dtype);
  StridedCopy copy;
  copy.rank = x.rank;
  for (int i = 0; i < x.rank; i++) copy.dims[i] = x.dims[i];
  row_major(x, copy.from_stride);
  const int64_t offset = box(args, y, x, copy.to_stride);
  strided_copy(copy, static_cast<char*>(y.data) + offset * bytes, x.data, bytes, ctx);
}

// attrs: items before the input on each axis, then the value around it
OpArgs pad_box(const OpArgs& args) {
  OpArgs begins = args;
  begins.attr_count = args.in[0].rank;
  return begins;
}

const char* check_pad(const OpArgs& args) {
  if (const char* wrong = check_pair(args)) return wrong;
  if (args.attr_count != args.in[0].rank + 1) return "needs the padding before each axis, and a value";
  uint32_t bits;
  if (!item_bits(args.attrs[args.attr_count - 1], args.out[0].dtype, &bits))
    return "the dtype cannot hold the value";
  return check_box(pad_box(args), args.out[0], args.in[0]);
}

const char* run_pad(const OpArgs& args, Context& ctx) {
  const View& y = args.out[0];
  uint32_t bits = 0;
  item_bits(args.attrs[args.attr_count - 1], y.dtype, &bits);
  fill_items(y.data, y.size(), dtype_bytes(y.dtype), bits, ctx);
  insert(pad_box(args), ctx);
  return nullptr;
}

}  // namespace

extern const OpDef op_slice, op_pad;
const OpDef op_slice = {"slice", check_slice, run_slice};
const OpDef op_pad = {"pad", check_pad, run_pad};

}  // namespace myelin
