// accumulate: totals uint8 [8 n], which hold n doubles, values [n] float32 or int32; totals[j] += weight * values[j], in
// place and in double. attrs [weight]. For the sums of losses and metrics over the steps of an epoch.
#include <cstring>

#include "op.h"

namespace myelin {
namespace {

const char* check(const OpArgs& args) {
  if (args.ins != 2 || args.outs != 0 || args.attr_count != 1) return "expects totals, values, and a weight";
  const View &totals = args.in[0], &values = args.in[1];
  if (totals.dtype != DType::kUint8) return "totals must be uint8 memory that holds doubles";
  if (dtype_bytes(values.dtype) != 4) return "values must be float32 or int32";
  if (totals.size() % 8 != 0 || totals.size() / 8 != values.size()) return "totals must have 8 bytes for each value";
  return args.attrs[0] != args.attrs[0] ? "the weight must be a number" : nullptr;
}

const char* run(const OpArgs& args, Context&) {
  const View &totals = args.in[0], &values = args.in[1];
  const int64_t n = values.size();
  for (int64_t j = 0; j < n; j++) {
    const double value = values.is_float() ? values.f32()[j] : values.i32()[j];
    double total;  // copied, since a view of bytes may begin anywhere
    std::memcpy(&total, totals.u8() + 8 * j, sizeof total);
    total += args.attrs[0] * value;
    std::memcpy(totals.u8() + 8 * j, &total, sizeof total);
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_accumulate{"accumulate", check, run};

}  // namespace myelin
