#include "external.h"

#include <cstdlib>
#include <cstring>
#include <string>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include "../runtime/float_mode.h"

namespace myelin {
namespace {

struct Library {
  const char* name;
  const char* files[4];  // tried in order
};

#if defined(_WIN32)
constexpr Library kLibraries[] = {{"openblas", {"libopenblas.dll", "openblas.dll"}},
                                  {"blis", {"libblis.dll"}},
                                  {"mkl", {"mkl_rt.2.dll", "mkl_rt.dll"}}};
#elif defined(__APPLE__)
constexpr Library kLibraries[] = {
    {"accelerate", {"/System/Library/Frameworks/Accelerate.framework/Accelerate"}},
    {"openblas", {"libopenblas.dylib", "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
                  "/usr/local/opt/openblas/lib/libopenblas.dylib"}},
    {"blis", {"libblis.dylib", "/opt/homebrew/opt/blis/lib/libblis.dylib"}},
    {"mkl", {"libmkl_rt.2.dylib", "libmkl_rt.dylib"}}};
#else
constexpr Library kLibraries[] = {{"openblas", {"libopenblas.so.0", "libopenblas.so"}},
                                  {"blis", {"libblis.so.4", "libblis.so"}},
                                  {"mkl", {"libmkl_rt.so.2", "libmkl_rt.so", "libmkl_rt.so.1"}}};
#endif

#if defined(__APPLE__)
constexpr const char* kDefault = "accelerate";
#else
constexpr const char* kDefault = "builtin";
#endif

void* open_library(const char* file) {
#if defined(_WIN32)
  return reinterpret_cast<void*>(LoadLibraryA(file));
#else
  return dlopen(file, RTLD_NOW | RTLD_LOCAL);
#endif
}

template <class F>
F* symbol(void* library, const char* name) {
#if defined(_WIN32)
  return reinterpret_cast<F*>(GetProcAddress(static_cast<HMODULE>(library), name));
#else
  return reinterpret_cast<F*>(dlsym(library, name));
#endif
}

// Our pool divides the work, so whichever of these the library has is set to one thread. Accelerate has none and needs
// none: it runs such small pieces on the calling thread.
void set_single_threaded(void* library) {
  if (auto* set = symbol<void(int)>(library, "openblas_set_num_threads")) set(1);
  if (auto* set = symbol<void(int)>(library, "MKL_Set_Num_Threads")) set(1);
  if (auto* set = symbol<void(long)>(library, "bli_thread_set_num_threads")) set(1);
}

struct Blas {
  std::string name = "builtin", error;
  CblasSgemm* sgemm = nullptr;

  // Closing a library whose threads may still run is not safe, so an opened one stays.
  bool load(const char* file) {
    const FloatMode mode;  // a library built for speed may change it as it is loaded: set back at the end
    void* library = open_library(file);
    if (library == nullptr) return false;
    auto* found = symbol<CblasSgemm>(library, "cblas_sgemm");
    if (found == nullptr) {
      error = std::string("MYELIN_BLAS: ") + file + " has no cblas_sgemm";
      return false;
    }
    set_single_threaded(library);
    sgemm = found;
    return true;
  }

  Blas() {
    const char* asked = std::getenv("MYELIN_BLAS");
    if (asked == nullptr || *asked == 0) asked = kDefault;
    if (std::strcmp(asked, "builtin") == 0) return;
    for (const Library& l : kLibraries) {
      if (std::strcmp(asked, l.name) != 0) continue;
      for (const char* file : l.files) {
        if (file != nullptr && load(file)) {
          name = asked;
          return;
        }
      }
      if (error.empty()) error = std::string("MYELIN_BLAS is ") + asked + ", but no such library was found";
      return;
    }
    if (std::strpbrk(asked, "/\\.") == nullptr) {
      error = std::string("MYELIN_BLAS is ") + asked +
              "; it must be builtin, openblas, blis, mkl, accelerate (macOS) or the path of a library";
    } else if (load(asked)) {
      name = asked;
    } else if (error.empty()) {
      error = std::string("MYELIN_BLAS is ") + asked + ", which could not be loaded";
    }
  }
};

const Blas& blas() {
  static const Blas* const loaded = new Blas();  // never destroyed: pool threads may use it until the process ends
  return *loaded;
}

}  // namespace

CblasSgemm* external_sgemm() { return blas().sgemm; }
const char* blas_name() { return blas().name.c_str(); }
const char* blas_error() { return blas().error.empty() ? nullptr : blas().error.c_str(); }

}  // namespace myelin
