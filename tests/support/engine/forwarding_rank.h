// The calls of a real rank, for tests that change some of them.
#pragma once
#include "engine/collectives/collectives.h"

namespace tests {

class ForwardingRank : public engine::Collectives {
 public:
  explicit ForwardingRank(engine::Collectives& real) : real_(real) {}

  int rank() const override { return real_.rank(); }
  int size() const override { return real_.size(); }
  const std::string& host(int rank) const override { return real_.host(rank); }
  void sum(const char* what, kernels::View v, kernels::Queue q) override { real_.sum(what, v, q); }
  void gather(const char* what, kernels::View mine, kernels::View all, kernels::Queue q) override {
    real_.gather(what, mine, all, q);
  }
  void broadcast(const char* what, kernels::View v, int root, kernels::Queue q) override {
    real_.broadcast(what, v, root, q);
  }
  std::vector<std::string> gather_bytes(const char* what, const std::string& mine) override {
    return real_.gather_bytes(what, mine);
  }
  double seconds_in_calls() const override { return real_.seconds_in_calls(); }
  void abort(base::ExitCode code, const std::string& why) noexcept override {
    real_.abort(code, why);
  }
  std::string last_words_of_first(double seconds) override {
    return real_.last_words_of_first(seconds);
  }

 private:
  engine::Collectives& real_;
};

}  // namespace tests
