// One descriptor: attributes that are set, then what finalizing makes of them, then attributes that
// are read.
#pragma once
#include <any>
#include <cstring>
#include <map>
#include <memory>

#include "tests/cuda_model/cudnn/attribute_rules.h"
#include "tests/cuda_model/cudnn/refusal.h"

namespace cuda_model::cudnn {

class Descriptor;
using Part = std::shared_ptr<Descriptor>;

class Descriptor {
 public:
  explicit Descriptor(const DescriptorRule& rule) : rule_(&rule) {}

  // The calls of the API. `parts`: the descriptors behind `values`, where the type has such.
  void set(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, int64_t count,
           const void* values, std::vector<Part> parts);
  void finalize();  // makes made<...>() (finalize.cpp)
  void get(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, int64_t capacity,
           int64_t* count, void* values, const std::vector<Part>& parts) const;

  // For what reads the attributes of another or of itself.
  using Name = cudnnBackendAttributeName_t;
  bool has(Name name) const { return values_.contains(name); }
  template <class T> std::vector<T> list(Name name) const;
  template <class T> T value(Name name, T otherwise = {}) const;
  const std::vector<Part>& parts(Name) const;  // empty if it is not set
  template <class T> const T& made() const { return std::any_cast<const T&>(made_); }
  template <class T> bool is() const { return std::any_cast<T>(&made_) != nullptr; }
  // The object of a part that must be finalized and not destroyed.
  template <class T> const T& made_of(Name) const;

  // For finalize(): attributes that cuDNN computes.
  template <class T> void compute(Name name, const std::vector<T>& values) {
    compute(name, int64_t(values.size()), values.data(), values.size() * sizeof(T));
  }
  void compute_parts(Name, std::vector<Part>);
  // A finalized descriptor that cuDNN makes itself.
  static Part computed(cudnnBackendDescriptorType_t, std::any made);

  const DescriptorRule& rule() const { return *rule_; }
  bool finalized() const { return finalized_; }
  bool destroyed = false;

 private:
  struct Value {
    int64_t count = 0;
    std::vector<char> bytes;
    std::vector<Part> parts;
  };
  const AttributeRule& attribute(Name, cudnnBackendAttributeType_t) const;
  void check_needs() const;
  void compute(Name, int64_t count, const void* values, size_t bytes);

  const DescriptorRule* rule_;
  std::map<Name, Value> values_;
  std::any made_;
  bool finalized_ = false;
};

template <class T> std::vector<T> Descriptor::list(Name name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  std::vector<T> all(size_t(found->second.count));
  if (!all.empty()) std::memcpy(all.data(), found->second.bytes.data(), all.size() * sizeof(T));
  return all;
}

template <class T> T Descriptor::value(Name name, T otherwise) const {
  const auto found = values_.find(name);
  if (found != values_.end()) std::memcpy(&otherwise, found->second.bytes.data(), sizeof(T));
  return otherwise;
}

template <class T> const T& Descriptor::made_of(Name name) const {
  const auto& all = parts(name);
  const bool there = all.size() == 1 && all[0]->finalized();
  require(there, std::string(find(*rule_, name)->text) + " is not finalized");
  expect(!all[0]->destroyed,
         std::string(find(*rule_, name)->text) + " was destroyed before its use");
  expect(all[0]->is<T>(), std::string(find(*rule_, name)->text) + " is of another type");
  return all[0]->made<T>();
}

}  // namespace cuda_model::cudnn
