#include "kernels/elementwise.h"

#include "kernels/simt.h"

namespace kernels {
namespace {

struct Add {
  template <class T> HD Acc<T> operator()(T a, T b) const { return Acc<T>(a) + Acc<T>(b); }
};

struct AddInto {
  template <class S, class T> HD Acc<S> operator()(S sum, T term) const {
    return Acc<S>(sum) + Acc<S>(Acc<T>(term));
  }
};

template <class To> struct Cast {
  template <class T> HD Acc<To> operator()(T x) const { return Acc<To>(Acc<T>(x)); }
};

template <class T> struct Fill {
  T value;
  HD T operator()() const { return value; }
};

struct Activate {
  Activation activation;
  template <class T> HD Acc<T> operator()(T x) const { return activate(activation, Acc<T>(x)); }
};

struct ActivateBackward {
  Activation activation;
  template <class T> HD T operator()(T dy, T y) const {
    return activation_slope(activation, Acc<T>(y)) != 0 ? dy : T(Acc<T>(0));
  }
};

}  // namespace

void add(Queue queue, View a, View b, View y) {
  dispatch(a.dtype,
           [&]<class T>() { map(queue, y.shape.size(), Add{}, y.as<T>(), a.as<T>(), b.as<T>()); });
}

void add_into(Queue queue, View sum, View term) {
  dispatch(sum.dtype, [&]<class S>() {
    dispatch(term.dtype, [&]<class T>() {
      map(queue, sum.shape.size(), AddInto{}, sum.as<S>(), sum.as<S>(), term.as<T>());
    });
  });
}

void cast(Queue queue, View x, View y) {
  dispatch(x.dtype, [&]<class T>() {
    dispatch(y.dtype,
             [&]<class To>() { map(queue, y.shape.size(), Cast<To>{}, y.as<To>(), x.as<T>()); });
  });
}

void fill(Queue queue, View y, double value) {
  dispatch(y.dtype,
           [&]<class T>() { map(queue, y.shape.size(), Fill<T>{T(Acc<T>(value))}, y.as<T>()); });
}

void activate(Queue queue, Activation activation, View x, View y) {
  dispatch(x.dtype, [&]<class T>() {
    map(queue, y.shape.size(), Activate{activation}, y.as<T>(), x.as<T>());
  });
}

void activate_backward(Queue queue, Activation activation, View dy, View y, View dx) {
  dispatch(dy.dtype, [&]<class T>() {
    map(queue, dx.shape.size(), ActivateBackward{activation}, dx.as<T>(), dy.as<T>(), y.as<T>());
  });
}

}  // namespace kernels
