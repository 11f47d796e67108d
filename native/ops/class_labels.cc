// classLabels: labels of any dtype -> int32 of the same size, each a whole number from 0 to classes - 1.
// attrs [classes, the characters of who asks ...], for the message about a label that is none; there may be no characters.
#include "element.h"
#include "words.h"

namespace myelin {
namespace {

constexpr int kMaxName = 64;

const char* check(const OpArgs& args) {
  if (args.ins != 1 || args.outs != 1 || args.attr_count < 1)
    return "expects labels, one output, and the classes";
  const View &labels = args.in[0], &out = args.out[0];
  if (out.dtype != DType::kInt32 || out.size() != labels.size())
    return "the output must be int32, one a label";
  if (!whole_attr(args, 0, 1, INT32_MAX)) return "there must be 1 to 2^31 - 1 classes";
  if (args.attr_count > 1 + kMaxName) return "the name is too long";
  for (int i = 1; i < args.attr_count; i++)
    if (!whole_attr(args, i, ' ', '~')) return "the name must be of printable ASCII characters";
  return nullptr;
}

const char* run(const OpArgs& args, Context&) {
  const View& labels = args.in[0];
  const int64_t size = labels.size(), classes = args.attr_int(0);
  int32_t* out = args.out[0].i32();
  for (int64_t i = 0; i < size; i++) {
    const double label = element_at(labels, i);
    const bool inside = label >= 0 && label < static_cast<double>(classes);
    out[i] = inside ? static_cast<int32_t>(label) : 0;
    if (inside && label == out[i]) continue;
    char name[kMaxName + 1];
    const int letters = args.attr_count - 1;
    for (int j = 0; j < letters; j++) name[j] = static_cast<char>(args.attrs[j + 1]);
    name[letters] = '\0';
    // A sample may have several labels: the first axis counts the samples.
    const int64_t sample = labels.rank == 0 ? i : i / (size / labels.dim(0));
    return words(
        "%s%slabel %g of sample %lld is no class: with %lld classes labels are whole numbers from 0 to %lld",
        name, letters == 0 ? "" : ": ", label, static_cast<long long>(sample), static_cast<long long>(classes),
        static_cast<long long>(classes - 1));
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_classLabels{"classLabels", check, run};

}  // namespace myelin
