// argMax, argMin: in x; out int32, the index along the middle axis of x seen as [outer, n, inner]. attrs
// [outer, n, inner].
#include "op.h"
#include "reduce_shape.h"

namespace myelin {
namespace {

constexpr int64_t kColumnGroup = 256;
constexpr int64_t kGrain = 32768;  // elements that are worth a thread

template <class T>
void arg_reduce(const T* x, int32_t* y, ReduceShape s, ArgReduce<T>* kernel, Context& ctx) {
  const int64_t groups = (s.inner + kColumnGroup - 1) / kColumnGroup;
  if (groups == 1) {
    ctx.for_range(s.outer, kGrain / (s.n * s.inner) + 1, [&](int64_t begin, int64_t end) {
      kernel(x + begin * s.n * s.inner, y + begin * s.inner, end - begin, s.n, s.inner, s.inner);
    });
    return;
  }
  ctx.for_range(s.outer * groups, kGrain / (s.n * kColumnGroup) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t c = i % groups * kColumnGroup;
      const int64_t o = i / groups;
      const int64_t columns = s.inner - c < kColumnGroup ? s.inner - c : kColumnGroup;
      kernel(x + o * s.n * s.inner + c, y + o * s.inner + c, 1, s.n, s.inner, columns);
    }
  });
}

const char* check(const OpArgs& a) {
  ReduceShape s;
  if (const char* wrong = reduce_shape(a, &s)) return wrong;
  if (a.out[0].dtype != DType::kInt32) return "the result must be int32";
  if (s.outer * s.inner > 0 && (s.n == 0 || s.n > INT32_MAX))
    return "the axis must have 1 to 2^31 - 1 elements";
  return nullptr;
}

template <ArgReduceFloat* KernelTable::*float_kernel, ArgReduceInt* KernelTable::*int_kernel>
const char* run(const OpArgs& a, Context& ctx) {
  ReduceShape s;
  reduce_shape(a, &s);
  if (s.outer * s.inner == 0) return nullptr;
  int32_t* y = a.out[0].i32();
  if (a.in[0].is_float())
    arg_reduce<float>(a.in[0].f32(), y, s, ctx.kernels.*float_kernel, ctx);
  else
    arg_reduce<int32_t>(a.in[0].i32(), y, s, ctx.kernels.*int_kernel, ctx);
  return nullptr;
}

}  // namespace

extern const OpDef op_argMax{"argMax", check, run<&KernelTable::arg_max, &KernelTable::arg_max_int>};
extern const OpDef op_argMin{"argMin", check, run<&KernelTable::arg_min, &KernelTable::arg_min_int>};

}  // namespace myelin
