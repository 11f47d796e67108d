// y = cond ? a : b; cond (bool), a and b broadcast to y's shape. Any dtype; y may be a or b of its own shape.
#include "elementwise.h"

namespace myelin {
namespace {

const char* check(const OpArgs& args) {
  if (const char* e = check_counts(args, 3, 0)) return e;
  const View &cond = args.in[0], &a = args.in[1], &b = args.in[2], &y = args.out[0];
  if (cond.dtype != DType::kBool) return "the condition is not bool";
  if (a.dtype != b.dtype || y.dtype != a.dtype) return "dtypes differ";
  if (!broadcasts_to(cond, y) || !broadcasts_to(a, y) || !broadcasts_to(b, y))
    return "the inputs do not broadcast to the output's shape";
  return nullptr;
}

template <class T, class Kernel>
void run_on(const OpArgs& args, Context& ctx, Kernel kernel) {
  T* y = static_cast<T*>(args.out[0].data);
  for_broadcast<3>(ctx, args.out[0], args.in, kCheapGrain,
                   [&](const void* const* p, const int64_t* steps, int64_t offset, int64_t n) {
                     kernel(static_cast<const uint8_t*>(p[0]), steps[0], static_cast<const T*>(p[1]),
                            steps[1], static_cast<const T*>(p[2]), steps[2], y + offset, n);
                   });
}

const char* run(const OpArgs& args, Context& ctx) {
  if (dtype_bytes(args.out[0].dtype) == 4) {
    run_on<float>(args, ctx, ctx.kernels.select);
  } else {
    run_on<uint8_t>(args, ctx, ctx.kernels.selectBytes);
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_where;
const OpDef op_where = {"where", check, run};

}  // namespace myelin
