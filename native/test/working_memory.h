// Working memory of exactly the size that an op says it takes, so that sanitizers see what reaches beyond it.
#pragma once

#include <cstdlib>
#include <string>

#include "../ops/op.h"
#include "../runtime/float_mode.h"

namespace myelin::test {

class WorkingMemory {
 public:
  WorkingMemory(Context& ctx, const ScratchSize& size) {
    const auto bytes = static_cast<size_t>(size.bytes(ctx.threads));
    if (bytes > 0) memory_ = std::aligned_alloc(kScratchAlign, bytes);
    ctx.use(memory_, size);
  }
  ~WorkingMemory() { std::free(memory_); }
  WorkingMemory(const WorkingMemory&) = delete;
  WorkingMemory& operator=(const WorkingMemory&) = delete;

 private:
  void* memory_ = nullptr;
};

// The fault in words, or an empty string.
inline std::string run(const OpDef& op, const OpArgs& args, Context& ctx) {
  if (const char* wrong = op.check(args)) return wrong;
  const WorkingMemory memory(ctx, op.scratch == nullptr ? ScratchSize{} : op.scratch(args, ctx));
  const FloatMode mode;
  const char* wrong = op.run(args, ctx);
  return wrong == nullptr ? "" : wrong;
}

}  // namespace myelin::test
