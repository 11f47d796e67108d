// The oldest versions of functions of glibc and libstdc++, so that an addon built on a new Linux loads on an old one. The
// limits are in scripts/symbol-versions.mjs, which reads what a built addon needs.
//
// The linker binds a call to the newest version of a function that the building machine has, and the loader refuses a
// library that asks for a version which its system lacks. What we call behaves the same in both, so each function below
// takes its newest version's place, in this library only, and forwards to the oldest. Data and functions that did not
// exist at all on the old system are defined here.
//
// To add one that the check names: `objdump -T` of the C or C++ library lists its versions, old ones in parentheses. One
// entry serves x64, where glibc begins at GLIBC_2.2.5, and arm64, where it begins at GLIBC_2.17; libstdc++ counts alike on both.
// Headers that declare the function must not be included here. Where there is no glibc, as with musl, all this is left out.

#include <cstdlib>
#include <new>

#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))

#if defined(__x86_64__)
#define MYELIN_OLDEST_GLIBC "GLIBC_2.2.5"
#else
#define MYELIN_OLDEST_GLIBC "GLIBC_2.17"
#endif

// Declares old_<name>, which is the version of a function that the linker shall bind to.
#define MYELIN_OLD(result, name, arguments, symbol, version) \
  asm(".symver old_" #name "," symbol "@" version);          \
  extern "C" result old_##name arguments
#define MYELIN_HIDDEN extern "C" __attribute__((visibility("hidden")))

// GLIBC_2.34 moved these from libdl and libpthread to libc. On older systems Node itself has loaded those two.
MYELIN_OLD(void*, dlopen, (const char*, int), "dlopen", MYELIN_OLDEST_GLIBC);
MYELIN_OLD(void*, dlsym, (void*, const char*), "dlsym", MYELIN_OLDEST_GLIBC);
MYELIN_OLD(int, dladdr, (const void*, void*), "dladdr", MYELIN_OLDEST_GLIBC);
MYELIN_OLD(int, pthread_mutex_trylock, (void*), "pthread_mutex_trylock", MYELIN_OLDEST_GLIBC);

MYELIN_HIDDEN void* dlopen(const char* file, int mode) { return old_dlopen(file, mode); }
MYELIN_HIDDEN void* dlsym(void* library, const char* name) { return old_dlsym(library, name); }
MYELIN_HIDDEN int dladdr(const void* address, void* info) { return old_dladdr(address, info); }
MYELIN_HIDDEN int pthread_mutex_trylock(void* mutex) { return old_pthread_mutex_trylock(mutex); }

// GLIBC_2.32: whether the process has one thread only, which spares libstdc++ atomic counters of references. Node has several.
MYELIN_HIDDEN char __libc_single_threaded;
char __libc_single_threaded = 0;

#if defined(__GLIBCXX__)

// GLIBCXX_3.4.30: std::condition_variable::wait(std::unique_lock<std::mutex>&), which is no longer noexcept.
#define MYELIN_WAIT "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE"
MYELIN_OLD(void, condition_wait, (void*, void*), MYELIN_WAIT, "GLIBCXX_3.4.11");
MYELIN_HIDDEN void condition_wait(void* condition, void* lock) asm(MYELIN_WAIT);
void condition_wait(void* condition, void* lock) { old_condition_wait(condition, lock); }

// GLIBCXX_3.4.29: std::__throw_bad_array_new_length(), for a container of more elements than memory has bytes.
MYELIN_HIDDEN __attribute__((noreturn)) void bad_array_new_length() asm("_ZSt28__throw_bad_array_new_lengthv");
void bad_array_new_length() { throw std::bad_alloc(); }

#endif
#endif
