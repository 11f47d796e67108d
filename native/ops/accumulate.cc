// Totals of losses and metrics over the steps of an epoch, added up in place and in double. They are uint8
// memory that holds doubles.
//   accumulate: totals of n doubles, values [rows, n], perhaps factors like the values; attrs [weight].
//     totals[j] += weight * values[i, j] * factors[i, j], row by row.
//   accumulateCounts: totals of n doubles, indices int32 of any shape; totals[index] += 1.
//   accumulateMoments: totals of 3 n doubles, values [rows, n]: of each column the count, the mean, and the sum of
//     squared distances from the mean, by Welford's method; of equal values that is exactly 0.
#include <cstring>

#include "element.h"
#include "words.h"

namespace myelin {
namespace {

// Doubles in memory that may begin anywhere.
double load(const View& totals, int64_t j) {
  double total;
  std::memcpy(&total, totals.u8() + 8 * j, sizeof total);
  return total;
}

void store(const View& totals, int64_t j, double total) {
  std::memcpy(totals.u8() + 8 * j, &total, sizeof total);
}

// The first input, which is written: indices among the others that were checked must stay what they are.
const char* check_totals(const OpArgs& args, int64_t bytes) {
  const View& totals = args.in[0];
  if (totals.dtype != DType::kUint8) return "totals must be uint8 memory that holds doubles";
  if (totals.size() % bytes != 0) return "totals must consist of whole doubles";
  for (int i = 1; i < args.ins; i++)
    if (overlap(totals, args.in[i])) return "totals must not share memory with what is added to them";
  return nullptr;
}

// Rows of n columns; no column has no values.
const char* check_rows(const View& values, int64_t n) {
  const int64_t size = values.size();
  return (n == 0 ? size == 0 : size % n == 0) ? nullptr : "values must be rows of one value for each total";
}

const char* check(const OpArgs& args) {
  if (args.ins < 2 || args.ins > 3 || args.outs != 0 || args.attr_count != 1)
    return "expects totals, values, perhaps factors, and a weight";
  const View &totals = args.in[0], &values = args.in[1];
  if (const char* wrong = check_totals(args, 8)) return wrong;
  if (const char* wrong = check_rows(values, totals.size() / 8)) return wrong;
  if (args.ins == 3 && args.in[2].size() != values.size()) return "there must be one factor for each value";
  return args.attrs[0] != args.attrs[0] ? "the weight must be a number" : nullptr;
}

const char* run(const OpArgs& args, Context&) {
  const View &totals = args.in[0], &values = args.in[1];
  const int64_t n = totals.size() / 8, size = values.size();
  const double weight = args.attrs[0];
  for (int64_t j = 0; j < n; j++) {
    double total = load(totals, j);
    if (args.ins == 3) {
      const View& factors = args.in[2];
      for (int64_t i = j; i < size; i += n)
        total += weight * (element_at(values, i) * element_at(factors, i));
    } else {
      for (int64_t i = j; i < size; i += n) total += weight * element_at(values, i);
    }
    store(totals, j, total);
  }
  return nullptr;
}

const char* check_counts(const OpArgs& args) {
  if (args.ins != 2 || args.outs != 0 || args.attr_count != 0) return "expects totals and indices";
  if (args.in[1].dtype != DType::kInt32) return "indices must be int32";
  return check_totals(args, 8);
}

const char* run_counts(const OpArgs& args, Context&) {
  const View &totals = args.in[0], &indices = args.in[1];
  const int64_t n = totals.size() / 8, size = indices.size();
  const int32_t* index = indices.i32();
  for (int64_t i = 0; i < size; i++) {
    if (index[i] < 0 || index[i] >= n) {
      return words("index %d at position %lld is out of range for %lld counts", index[i],
                   static_cast<long long>(i), static_cast<long long>(n));
    }
  }
  for (int64_t i = 0; i < size; i++) store(totals, index[i], load(totals, index[i]) + 1);
  return nullptr;
}

const char* check_moments(const OpArgs& args) {
  if (args.ins != 2 || args.outs != 0 || args.attr_count != 0) return "expects totals and values";
  if (const char* wrong = check_totals(args, 24)) return wrong;
  return check_rows(args.in[1], args.in[0].size() / 24);
}

const char* run_moments(const OpArgs& args, Context&) {
  const View &totals = args.in[0], &values = args.in[1];
  const int64_t n = totals.size() / 24, size = values.size();
  for (int64_t j = 0; j < n; j++) {
    double count = load(totals, 3 * j), mean = load(totals, 3 * j + 1), squares = load(totals, 3 * j + 2);
    for (int64_t i = j; i < size; i += n) {
      const double value = element_at(values, i), distance = value - mean;
      count += 1;
      mean += distance / count;
      squares += distance * (value - mean);
    }
    store(totals, 3 * j, count);
    store(totals, 3 * j + 1, mean);
    store(totals, 3 * j + 2, squares);
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_accumulate{"accumulate", check, run};
extern const OpDef op_accumulateCounts{"accumulateCounts", check_counts, run_counts};
extern const OpDef op_accumulateMoments{"accumulateMoments", check_moments, run_moments};

}  // namespace myelin
