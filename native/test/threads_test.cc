// Threads that the system refuses: the pool goes on with those it has, and a job says so before it begins.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>

#include "../plan/job.h"
#include "op_test.h"

namespace {

std::atomic<int> threads_left{0};

struct Start {
  void* (*run)(void*);
  void* argument;
};

void* run_counted(void* start) {
  const Start s = *static_cast<Start*>(start);
  delete static_cast<Start*>(start);
  void* const result = s.run(s.argument);
  threads_left.fetch_add(1);
  return result;
}

}  // namespace

// Stands before the C library's: a process that may have so many more threads at a time.
extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* thread, const pthread_attr_t* attr,
                                                                     void* (*run)(void*), void* argument) {
  if (threads_left.fetch_sub(1) <= 0) {
    threads_left.fetch_add(1);
    return EAGAIN;
  }
  using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static auto* const create = reinterpret_cast<Create*>(dlsym(RTLD_NEXT, "pthread_create"));
  return create(thread, attr, run_counted, new Start{run, argument});
}

namespace myelin::test {
namespace {

int tasks_done(int threads) {
  std::atomic<int> done{0};
  ThreadPool::instance().run(100, threads, [&](int64_t) { done.fetch_add(1); });
  return done.load();
}

void refused_threads() {
  ThreadPool& pool = ThreadPool::instance();
  pool.set_processors(16);
  pool.set_threads(8);
  EXPECT(pool.threads() == 1);
  EXPECT(tasks_done(8) == 100);

  threads_left.store(3);
  pool.set_threads(8);
  EXPECT(pool.threads() == 1);
  EXPECT(threads_left.load() == 3);

  threads_left.store(7);
  pool.set_threads(8);
  EXPECT(pool.threads() == 3);
  EXPECT(threads_left.load() == 5);
  EXPECT(tasks_done(8) == 100);

  threads_left.store(100);
  pool.set_threads(8);
  EXPECT(pool.threads() == 8);
  EXPECT(tasks_done(8) == 100);
}

void refused_runner() {
  threads_left.store(0);
  EXPECT(!Job::prepare());
  threads_left.store(1);
  EXPECT(Job::prepare());
  EXPECT(Job::prepare());
}

// Threads for which there is no processor are not made: callers would wait for each other.
void few_processors() {
  ThreadPool& pool = ThreadPool::instance();
  pool.set_processors(2);
  threads_left.store(100);
  pool.set_threads(64);
  EXPECT(pool.threads() == 64);
  EXPECT(threads_left.load() == 100);
  EXPECT(tasks_done(64) == 100);
  pool.set_processors(16);
}

// A thread's own memory is one of as many parts as the context has threads, whatever becomes of the pool meanwhile.
void workers() {
  ThreadPool& pool = ThreadPool::instance();
  threads_left.store(100);
  pool.set_threads(3);
  std::atomic<int> most{0};
  pool.run(1000, 3, [&](int64_t task) {
    if (task == 0) pool.set_threads(12);
    const int worker = ThreadPool::worker();
    for (int known = most.load(); worker > known && !most.compare_exchange_weak(known, worker);) continue;
  });
  EXPECT(most.load() < 3);
  EXPECT(pool.threads() == 12);
}

}  // namespace
}  // namespace myelin::test

int main() {
  myelin::test::refused_threads();
  myelin::test::refused_runner();
  myelin::test::few_processors();
  myelin::test::workers();
  std::printf("threads: %s\n", myelin::test::failures == 0 ? "ok" : "FAILED");
  return myelin::test::failures == 0 ? 0 : 1;
}
