#include "kernels/elementwise.h"

#include "kernels/simt.h"

namespace kernels {
namespace {

struct Add {
  template <class T>
  HD Acc<T> operator()(T a, T b) const {
    return Acc<T>(a) + Acc<T>(b);
  }
};

struct AddInto {
  template <class S, class T>
  HD Acc<S> operator()(S sum, T term) const {
    return Acc<S>(sum) + Acc<S>(Acc<T>(term));
  }
};

}  // namespace

void add(Queue queue, View a, View b, View y) {
  dispatch(a.dtype, [&]<class T>() {
    map(queue, y.shape.size(), Add{}, y.as<T>(), a.as<T>(), b.as<T>());
  });
}

void add_into(Queue queue, View sum, View term) {
  dispatch(sum.dtype, [&]<class S>() {
    dispatch(term.dtype, [&]<class T>() {
      map(queue, sum.shape.size(), AddInto{}, sum.as<S>(), sum.as<S>(), term.as<T>());
    });
  });
}

}  // namespace kernels
