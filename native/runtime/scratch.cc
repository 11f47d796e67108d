#include "scratch.h"

#include <cstdlib>
#include <new>
#include <vector>

#include "storage.h"

namespace myelin {
namespace {

struct Buffer {
  void* data = nullptr;
  size_t bytes = 0;
};

// One buffer a depth of nesting; freed when the thread ends.
struct Stack {
  std::vector<Buffer> buffers;
  size_t depth = 0;
  ~Stack() {
    for (const Buffer& b : buffers) aligned_free(b.data);
  }
};
thread_local Stack stack;

}  // namespace

Scratch::Scratch(size_t bytes) {
  if (stack.depth == stack.buffers.size()) stack.buffers.emplace_back();
  Buffer& b = stack.buffers[stack.depth++];
  if (b.bytes < bytes) {
    aligned_free(b.data);
    b.bytes = (bytes + bytes / 4 + 4095) / 4096 * 4096;
    b.data = aligned_malloc(b.bytes);
    if (b.data == nullptr) std::abort();  // no room for a kernel's own few pages: nothing left to do
  }
  data_ = b.data;
}

Scratch::~Scratch() { stack.depth--; }

}  // namespace myelin
