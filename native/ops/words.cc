#include "words.h"

#include <cstdarg>
#include <cstdio>

namespace myelin {

const char* words(const char* format, ...) {
  static thread_local char text[256];
  va_list list;
  va_start(list, format);
  std::vsnprintf(text, sizeof text, format, list);
  va_end(list);
  return text;
}

}  // namespace myelin
