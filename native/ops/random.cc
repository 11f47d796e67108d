// Random arrays and dropout. Attributes begin with the low and high 32 bits of the seed, the stream and the
// call; simd/philox.h says how they and an element's number make its random bits.
#include <cmath>

#include "words.h"

namespace myelin {
namespace {

constexpr int kAddress = 4;  // attributes of the address
constexpr int64_t kMaxElements = int64_t{1} << 34;

const char* check_address(const OpArgs& args, int more) {
  const int64_t max_word = 0xFFFFFFFF;
  if (args.outs != 1) return "gives one output";
  if (args.attr_count != kAddress + more) return "has the wrong number of attributes";
  if (!whole_attr(args, 0, 0, max_word) || !whole_attr(args, 1, 0, max_word))
    return "seed must be two 32-bit words";
  if (!whole_attr(args, 2, 0, max_word)) return "stream must be a 32-bit word";
  if (!whole_attr(args, 3, 0, (int64_t{1} << 53) - 1)) return "call must be a whole number below 2^53";
  if (args.out[0].size() > kMaxElements) return "the output has more than 2^34 elements";
  return nullptr;
}

const char* check_array(const OpArgs& args, int more) {
  if (args.ins != 0) return "takes no input";
  if (const char* wrong = check_address(args, more)) return wrong;
  return args.out[0].is_float() ? nullptr : "the output must be float32";
}

RandomStream stream_of(const OpArgs& args) {
  const uint64_t call = static_cast<uint64_t>(args.attr_int(3));
  return {{static_cast<uint32_t>(args.attr_int(0)), static_cast<uint32_t>(args.attr_int(1))},
          {static_cast<uint32_t>(call), static_cast<uint32_t>(call >> 32),
           static_cast<uint32_t>(args.attr_int(2))}};
}

// f(first element, elements) over threads; a part begins with a block.
template <class F>
void for_parts(int64_t n, Context& ctx, F f) {
  constexpr int64_t kPart = 1024, kGrain = 4;
  ctx.for_range((n + kPart - 1) / kPart, kGrain, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * kPart, last = end * kPart < n ? end * kPart : n;
    f(first, last - first);
  });
}

void fill_random(Random* kernel, const OpArgs& args, const float* attrs, Context& ctx) {
  const RandomStream stream = stream_of(args);
  float* y = args.out[0].f32();
  for_parts(args.out[0].size(), ctx,
            [&](int64_t first, int64_t n) { kernel(stream, first / 4, y + first, n, attrs); });
}

// attrs: low, high. The values are in [low, high), and all equal to low if that is empty.
const char* check_uniform(const OpArgs& args) {
  if (const char* wrong = check_array(args, 2)) return wrong;
  const float low = args.attr(4), high = args.attr(5);
  if (!(low <= high) || !std::isfinite(high - low))
    return "min must not be above max, and both must be finite";
  return nullptr;
}

const char* run_uniform(const OpArgs& args, Context& ctx) {
  const float low = args.attr(4), high = args.attr(5);
  const float attrs[] = {low, high - low, std::nextafter(high, low)};
  fill_random(ctx.kernels.random_uniform, args, attrs, ctx);
  return nullptr;
}

// attrs: mean, stddev
const char* check_normal(const OpArgs& args) {
  if (const char* wrong = check_array(args, 2)) return wrong;
  const float mean = args.attr(4), stddev = args.attr(5);
  if (!std::isfinite(mean) || !std::isfinite(stddev) || stddev < 0)
    return "mean and stddev must be finite, stddev >= 0";
  return nullptr;
}

const char* run_normal(const OpArgs& args, Context& ctx) {
  const float attrs[] = {args.attr(4), args.attr(5)};
  fill_random(ctx.kernels.random_normal, args, attrs, ctx);
  return nullptr;
}

const char* run_truncated(const OpArgs& args, Context& ctx) {
  const float attrs[] = {args.attr(4), args.attr(5)};
  fill_random(ctx.kernels.truncated_normal, args, attrs, ctx);
  return nullptr;
}

bool is_probability(double p) { return p >= 0.0 && p <= 1.0; }

// Of the 2^24 values of a word's upper bits, how many mean 1. Exact as a float.
float threshold(double p) { return static_cast<float>(std::floor(p * 0x1p24 + 0.5)); }

// attrs: p
const char* check_bernoulli(const OpArgs& args) {
  if (const char* wrong = check_array(args, 1)) return wrong;
  return is_probability(args.attrs[4]) ? nullptr : "p must be from 0 to 1";
}

const char* run_bernoulli(const OpArgs& args, Context& ctx) {
  const float attrs[] = {threshold(args.attrs[4])};
  fill_random(ctx.kernels.bernoulli, args, attrs, ctx);
  return nullptr;
}

// attrs: rate. Keeps where bernoulli(1 - rate) of the same address is 1.
const char* check_dropout(const OpArgs& args) {
  if (args.ins != 1) return "takes one input";
  if (const char* wrong = check_address(args, 1)) return wrong;
  if (!args.in[0].is_float() || !args.out[0].is_float()) return "input and output must be float32";
  if (!same_shape(args.in[0], args.out[0])) return "input and output must have the same shape";
  return is_probability(args.attrs[4]) ? nullptr : "rate must be from 0 to 1";
}

const char* run_dropout(const OpArgs& args, Context& ctx) {
  const RandomStream stream = stream_of(args);
  const double keep = 1.0 - args.attrs[4];
  const float attrs[] = {threshold(keep), keep > 0 ? static_cast<float>(1.0 / keep) : 0.0f};
  const float* x = args.in[0].f32();
  float* y = args.out[0].f32();
  for_parts(args.out[0].size(), ctx, [&](int64_t first, int64_t n) {
    ctx.kernels.dropout(stream, first / 4, x + first, y + first, n, attrs);
  });
  return nullptr;
}

const char* check_permutation(const OpArgs& args) {
  if (args.ins != 0) return "takes no input";
  if (const char* wrong = check_address(args, 0)) return wrong;
  const View& y = args.out[0];
  if (y.rank != 1 || y.dtype != DType::kInt32) return "the output must be an int32 vector";
  return y.dims[0] <= 0x7FFFFFFF ? nullptr : "the output has more than 2^31 - 1 elements";
}

// Fisher-Yates from the end. Each step takes 64 random bits r and swaps with floor(r * choices / 2^64), which
// favours no choice by more than one part in 2^33.
const char* run_permutation(const OpArgs& args, Context& ctx) {
  constexpr int64_t kWords = 2048;
  const RandomStream stream = stream_of(args);
  const int64_t n = args.out[0].dims[0];
  int32_t* y = args.out[0].i32();
  int32_t word[kWords];
  for (int64_t i = 0; i < n; i++) y[i] = static_cast<int32_t>(i);
  int64_t block = 0, used = kWords;
  for (int64_t choices = n; choices > 1; choices--, used += 2) {
    if (used == kWords) {
      ctx.kernels.random_bits(stream, block, word, kWords);
      block += kWords / 4;
      used = 0;
    }
    const uint64_t high = static_cast<uint32_t>(word[used]), low = static_cast<uint32_t>(word[used + 1]);
    const uint64_t count = static_cast<uint64_t>(choices);
    const int64_t pick = static_cast<int64_t>((high * count + ((low * count) >> 32)) >> 32);
    const int32_t swapped = y[pick];
    y[pick] = y[choices - 1];
    y[choices - 1] = swapped;
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_randomUniform, op_randomNormal, op_truncatedNormal, op_bernoulli, op_dropout,
    op_permutation;
const OpDef op_randomUniform = {"randomUniform", check_uniform, run_uniform};
const OpDef op_randomNormal = {"randomNormal", check_normal, run_normal};
const OpDef op_truncatedNormal = {"truncatedNormal", check_normal, run_truncated};
const OpDef op_bernoulli = {"bernoulli", check_bernoulli, run_bernoulli};
const OpDef op_dropout = {"dropout", check_dropout, run_dropout};
const OpDef op_permutation = {"permutation", check_permutation, run_permutation};

}  // namespace myelin
