// chain: several element-wise ops on float32 in one pass over memory: a block of elements goes through all of them before
// the next. Bits are those of the ops in turn. in: the distinct operands, each of the output's shape, one value, or one
// row (the output's last axis); out: the last op's result, which may lie over an operand of its shape. attrs: the
// number of ops, then for each: opcode, its one or two operands (0 the result of the op before, i > 0 input i - 1),
// the op's attributes.
#include "chain.h"

#include "elementwise.h"
#include "spec_reader.h"

namespace myelin {
namespace {

enum Opcode : int {
#define OP(name) kOp_##name,
#include "ops.def"
#undef OP
  kOpcodes
};

enum class Attributes { none, alpha, clip };

struct Kernel {
  Unary* KernelTable::*unary;    // one of these two; both null for an op that cannot be in a chain
  Binary* KernelTable::*binary;
  Attributes attributes;
  int64_t grain;
};

struct Kernels {
  Kernel at[kOpcodes];
};

constexpr Kernels all_kernels() {
  Kernels k = {};
#define UNARY_OP(name, attributes, grain) k.at[kOp_##name] = {&KernelTable::name, nullptr, Attributes::attributes, grain};
#define UNARY_INT_OP(name) k.at[kOp_##name] = {&KernelTable::name, nullptr, Attributes::none, kCheapGrain};
#define BINARY_OP(name, attributes, grain) k.at[kOp_##name] = {nullptr, &KernelTable::name, Attributes::attributes, grain};
#define BINARY_INT_OP(name) k.at[kOp_##name] = {nullptr, &KernelTable::name, Attributes::none, kCheapGrain};
#include "../kernels/elementwise.def"
  return k;
}
constexpr Kernels kKernels = all_kernels();

constexpr int kMostOperands = kMostChained + 1;
constexpr int64_t kBlock = 2048;  // with one operand beside it, in the first-level cache

enum class Reach { kWhole, kValue, kRow, kNone };

Reach reach_of(const View& x, const View& y) {
  if (same_shape(x, y)) return Reach::kWhole;
  if (!broadcasts_to(x, y)) return Reach::kNone;
  if (x.size() == 1) return Reach::kValue;
  return x.size() == x.dim(-1) && x.dim(-1) == y.dim(-1) ? Reach::kRow : Reach::kNone;
}

struct ChainedOp {
  const Kernel* kernel;
  int operands[2];
  float attrs[2];
};

struct Program {
  int size = 0;
  ChainedOp ops[kMostChained];

  // nullptr, or what is wrong with the attributes.
  const char* read(const OpArgs& args) {
    SpecReader reader = {args.attrs, args.attrs + args.attr_count};
    size = static_cast<int>(reader.count(kMostChained));
    for (int s = 0; reader.ok && s < size; s++) {
      const Kernel& kernel = kKernels.at[reader.count(kOpcodes - 1)];
      const bool binary = kernel.binary != nullptr;
      if (!binary && kernel.unary == nullptr) return "an op of the chain is not element-wise";
      ops[s].kernel = &kernel;
      for (int i = 0; i < 1 + binary; i++) ops[s].operands[i] = static_cast<int>(reader.count(args.ins));
      const int count = kernel.attributes == Attributes::none ? 0 : kernel.attributes == Attributes::alpha ? 1 : 2;
      double attrs[2] = {};
      for (int i = 0; i < count; i++) attrs[i] = reader.number();
      if (kernel.attributes == Attributes::alpha)
        if (const char* wrong = check_alpha_value(attrs)) return wrong;
      if (kernel.attributes == Attributes::clip)
        if (const char* wrong = check_clip_values(attrs)) return wrong;
      const FloatAttrs floats(attrs, count);
      for (int i = 0; i < 2; i++) ops[s].attrs[i] = floats.values[i];
    }
    return reader.ok && reader.left() == 0 && size > 0 ? nullptr : "the ops are malformed";
  }

  // Elements from which a second thread pays.
  int64_t grain() const {
    int64_t cost = 1;
    for (int s = 0; s < size; s++) cost += kCheapGrain / ops[s].kernel->grain;
    return 2 * kCheapGrain / cost;
  }
};

const char* check(const OpArgs& args) {
  if (args.ins < 1 || args.ins > kMostOperands || args.outs != 1) return "expects 1 to 33 inputs and one output";
  const View& y = args.out[0];
  if (!y.is_float()) return "the output must be float32";
  for (int i = 0; i < args.ins; i++) {
    if (!args.in[i].is_float()) return "the inputs must be float32";
    if (reach_of(args.in[i], y) == Reach::kNone) return "an input is neither of the output's shape, a value, nor a row";
  }
  Program program;
  if (const char* wrong = program.read(args)) return wrong;
  for (int s = 0; s < program.size; s++) {
    const ChainedOp& op = program.ops[s];
    const bool binary = op.kernel->binary != nullptr;
    for (int i = 0; i < 1 + binary; i++) {
      const int operand = op.operands[i];
      if (operand == 0 && s == 0) return "the first op has no op before it";
      if (operand > 0 && !binary && reach_of(args.in[operand - 1], y) != Reach::kWhole)
        return "an op of one operand needs it in the output's shape";
    }
  }
  return nullptr;
}

// Where elements [at, at + n) of an operand are, and whether each has its own.
struct Operand {
  const float* data;
  int64_t step;
};

// One op on elements [at, at + n), which lie within one row if an operand is a row.
void apply(const ChainedOp& op, const OpArgs& args, const Reach* reach, const KernelTable& kernels, const float* before,
           int64_t at, int64_t column, float* y, int64_t n) {
  const auto operand = [&](int i) -> Operand {
    const int k = op.operands[i] - 1;
    if (k < 0) return {before, 1};
    const float* x = args.in[k].f32();
    switch (reach[k]) {
      case Reach::kValue: return {x, 0};
      case Reach::kRow: return {x + column, 1};
      default: return {x + at, 1};
    }
  };
  const Operand a = operand(0);
  if (op.kernel->unary != nullptr) return (kernels.*op.kernel->unary)(a.data, y, n, op.attrs);
  const Operand b = operand(1);
  (kernels.*op.kernel->binary)(a.data, a.step, b.data, b.step, y, n, op.attrs);
}

const char* run(const OpArgs& args, Context& ctx) {
  const View& y = args.out[0];
  if (y.size() == 0) return nullptr;
  Program program;
  program.read(args);
  Reach reach[kMostOperands];
  for (int i = 0; i < args.ins; i++) reach[i] = reach_of(args.in[i], y);
  const int64_t inner = y.rank == 0 ? 1 : y.dim(-1);

  ctx.for_range(y.size(), program.grain(), [&](int64_t begin, int64_t end) {
    alignas(64) float block[kBlock];
    for (int64_t at = begin; at < end; at += kBlock) {
      const int64_t n = end - at < kBlock ? end - at : kBlock;
      for (int s = 0; s < program.size; s++) {
        const ChainedOp& op = program.ops[s];
        float* const to = s + 1 < program.size ? block : y.f32() + at;
        const auto is_row = [&](int operand) { return operand > 0 && reach[operand - 1] == Reach::kRow; };
        const bool binary = op.kernel->binary != nullptr;
        const bool by_row = binary && (is_row(op.operands[0]) || is_row(op.operands[1]));
        for (int64_t i = 0, count; i < n; i += count) {
          const int64_t column = by_row ? (at + i) % inner : 0;
          count = by_row && inner - column < n - i ? inner - column : n - i;
          apply(op, args, reach, ctx.kernels, block + i, at + i, column, to + i, count);
        }
      }
    }
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_chain{"chain", check, run};

}  // namespace myelin
