// y = x in another dtype. attrs: none, or for uint8 to float32 a factor that the result is multiplied by.
// float to integer truncates and saturates, NaN gives 0; anything to bool is x != 0.
#include <cmath>

#include "elementwise.h"

namespace myelin {
namespace {

const char* check(const OpArgs& args) {
  if (args.ins != 1 || args.outs != 1) return "wrong number of inputs or outputs";
  const View &x = args.in[0], &y = args.out[0];
  if (args.attr_count != 0) {
    if (args.attr_count != 1) return "wrong number of attributes";
    if (x.dtype != DType::kUint8 || !y.is_float()) return "a scale is for uint8 to float32 only";
    if (!(std::fabs(args.attrs[0]) <= FLT_MAX)) return "scale is not finite";
  }
  return same_shape(x, y) ? nullptr : "the output's shape differs from the input's";
}

bool is_byte(DType t) { return t == DType::kUint8 || t == DType::kBool; }

template <class From, class To, class Kernel>
void run_on(const OpArgs& args, Context& ctx, Kernel kernel) {
  const From* x = static_cast<const From*>(args.in[0].data);
  To* y = static_cast<To*>(args.out[0].data);
  ctx.for_range(args.out[0].size(), kCheapGrain,
                     [&](int64_t begin, int64_t end) { kernel(x + begin, y + begin, end - begin); });
}

void copy(const OpArgs& args) {
  const View &x = args.in[0], &y = args.out[0];
  if (x.data != y.data && y.size() > 0)
    std::memcpy(y.data, x.data, static_cast<size_t>(y.size() * dtype_bytes(y.dtype)));
}

const char* run(const OpArgs& args, Context& ctx) {
  const DType from = args.in[0].dtype, to = args.out[0].dtype;
  const KernelTable& k = ctx.kernels;
  if (is_byte(from) && to == DType::kFloat32) {
    const float scale = args.attr_count ? args.attr(0) : 1.0f;
    run_on<uint8_t, float>(args, ctx,
                           [&](const uint8_t* x, float* y, int64_t n) { k.scale_bytes(x, y, n, scale); });
  } else if (from == to || (from == DType::kBool && to == DType::kUint8)) {
    copy(args);
  } else if (from == DType::kFloat32) {
    if (to == DType::kInt32) run_on<float, int32_t>(args, ctx, k.floatToInt);
    if (to == DType::kUint8) run_on<float, uint8_t>(args, ctx, k.floatToByte);
    if (to == DType::kBool) run_on<float, uint8_t>(args, ctx, k.floatToBool);
  } else if (from == DType::kInt32) {
    if (to == DType::kFloat32) run_on<int32_t, float>(args, ctx, k.intToFloat);
    if (to == DType::kUint8) run_on<int32_t, uint8_t>(args, ctx, k.intToByte);
    if (to == DType::kBool) run_on<int32_t, uint8_t>(args, ctx, k.intToBool);
  } else {
    if (to == DType::kInt32) run_on<uint8_t, int32_t>(args, ctx, k.byteToInt);
    if (to == DType::kBool) run_on<uint8_t, uint8_t>(args, ctx, k.byteToBool);
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_cast;
const OpDef op_cast = {"cast", check, run};

}  // namespace myelin
